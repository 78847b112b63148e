import { expect, it } from 'vitest';
import { enumerate } from './enumerate.ts';
import { rollbackOf, travel } from './journeys.ts';

await enumerate(rollbackOf('address', 'lossless'));

it('is refused where clients keep the address of the source, and the upgrade stays', async () => {
  const report = await travel(rollbackOf('code', 'lossless'));

  expect(report).toMatchObject({ outcome: 'completed', violations: [] });
});
