import { enumerate } from './enumerate.ts';
import { repairOf } from './journeys.ts';

await enumerate(repairOf('a person'));
await enumerate(repairOf('the bot'));
