import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Instance } from '../../../../src/sandbox/cloud/world/instances.ts';
import { type CloudUnderTest, codeOf, startCloudUnderTest } from './cloud-under-test.ts';

let under: CloudUnderTest;
let old: Instance;
let newer: Instance;

beforeAll(async () => {
  under = await startCloudUnderTest({ readOnlyRefusal: { versions: ['2.8'], code: 'InvalidParameter' } });
  const common = { region: 'ap-guangzhou', subnet: 'a', architecture: 'standard' } as const;
  old = await under.cloud.createInstance({ ...common, name: 'old', version: '2.8' });
  newer = await under.cloud.createInstance({ ...common, name: 'newer', version: '4.0' });
});

afterAll(async () => {
  await under?.close();
});

it.each(['0', '1'])('refuses the read-only switch to a version with InputMode %s', async (InputMode) => {
  const { redis } = under.clients();
  const asked = redis.ModifyInstanceReadOnly({ InstanceId: old.id, InputMode });
  expect(await codeOf(asked)).toBe('InvalidParameter');
  expect(old.node?.readOnly()).toBe(false);
});

it('still makes instances of other versions read-only, and keeps refusing when all faults are cleared', async () => {
  const { redis } = under.clients();
  under.cloud.faults.clear();
  await redis.ModifyInstanceReadOnly({ InstanceId: newer.id, InputMode: '1' });
  expect(newer.node?.readOnly()).toBe(true);
  const asked = redis.ModifyInstanceReadOnly({ InstanceId: old.id, InputMode: '1' });
  expect(await codeOf(asked)).toBe('InvalidParameter');
});
