import { enumerate } from './enumerate.ts';
import { upgradeBy } from './journeys.ts';

await enumerate(upgradeBy('code'));
