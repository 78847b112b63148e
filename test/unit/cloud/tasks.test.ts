import { describe, expect, it } from 'vitest';
import { REGION, rejection, SOURCE, useWorld } from './setup.ts';

const world = useWorld();
const task = { region: REGION, id: 77, requestId: 'request-0', instanceId: SOURCE.id };

describe('reading a task', () => {
  it.each([
    ['preparing', { status: 'running' }],
    ['running', { status: 'running' }],
    ['succeed', { status: 'succeeded' }],
    ['failed', { status: 'failed', message: 'no address left' }],
    ['error', { status: 'failed', message: 'no address left' }],
  ])('%s is %j', async (Status, state) => {
    world.tencent.answer('DescribeTaskInfo', { Status, TaskMessage: 'no address left' });
    expect(await world.cloud().readTask(task)).toEqual(state);
    expect(world.tencent.received[0]?.body).toEqual({ TaskId: 77 });
  });

  it.each(['paused', '', undefined])('never guesses what %j may mean', async (Status) => {
    world.tencent.answer('DescribeTaskInfo', { Status });
    expect((await rejection(world.cloud().readTask(task))).cloudCode).toBe('CLOUD_UNEXPECTED');
  });
});

describe('a task without a number', () => {
  it.each([
    [0, 0],
    ['0', 0],
    [undefined, 0],
    [null, 0],
    ['6954227', 6954227],
    [12, 12],
  ])('TaskId %j is number %i', async (TaskId, id) => {
    world.tencent.answer('ModifyInstanceReadOnly', { TaskId });
    expect((await world.cloud().setReadOnly(SOURCE, true)).id).toBe(id);
  });

  it.each([
    [1, 'running'],
    [2, 'succeeded'],
  ])('is read by its instance: status %i is %s', async (Status, status) => {
    world.tencent.answer('DescribeInstances', {
      TotalCount: 1,
      InstanceSet: [{ InstanceId: SOURCE.id, Status }],
    });
    expect(await world.cloud().readTask({ ...task, id: 0 })).toEqual({ status });
    expect(world.tencent.count('DescribeTaskInfo')).toBe(0);
  });

  it('cannot be read without an instance either, and asks for nothing', async () => {
    const error = await rejection(world.cloud().readTask({ region: REGION, id: 0, requestId: 'request-0' }));
    expect(error).toMatchObject({ cloudCode: 'CLOUD_UNEXPECTED', mayHaveHappened: false });
    expect(world.tencent.received).toEqual([]);
  });
});
