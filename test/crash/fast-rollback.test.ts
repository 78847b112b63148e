import { enumerate } from './enumerate.ts';
import { rollbackOf } from './journeys.ts';

await enumerate(rollbackOf('address', 'fast'));
await enumerate(rollbackOf('code', 'fast'));
