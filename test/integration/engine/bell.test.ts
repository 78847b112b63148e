import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Bell, createBell } from '../../../src/engine/bell.ts';
import { SILENT, startStore, type TestStore, until } from './test-store.ts';

let store: TestStore;
const opened: Bell[] = [];

beforeAll(async () => {
  store = await startStore();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((bell) => bell.close()));
});
afterAll(() => store.stop());

/** A bell of a process of its own on a queue of the test's own. */
function hang(options: { name: string; scope?: string; retryMs?: number }): Bell {
  const bell = createBell({
    connection: store.connect(),
    prefix: 'test',
    concurrency: 4,
    scope: randomUUID(),
    retryMs: 50,
    clock: { now: () => Date.now() },
    logger: SILENT,
    ...options,
  });
  opened.push(bell);
  return bell;
}

/** An answer that waits until it is told what to say. */
function gate() {
  const calls: ((answer: Answer) => void)[] = [];
  return {
    calls,
    answer: () => new Promise<Answer>((resolve) => calls.push(resolve)),
    async nth(count: number): Promise<(answer: Answer) => void> {
      await until(`answer ${count} has begun`, () => calls.length >= count);
      const resolve = calls[count - 1];
      if (resolve === undefined) throw new Error('unreachable');
      return resolve;
    },
  };
}

describe('doorbells', () => {
  it('know how many processes would answer one, whoever asks', async () => {
    const name = randomUUID();
    const [asking, first, second] = [hang({ name }), hang({ name }), hang({ name })];
    expect(await asking.listeners()).toBe(0);
    first.listen(async () => 'rest');
    second.listen(async () => 'rest');
    const isCounted = async (count: number) => {
      const deadline = performance.now() + 5_000;
      while ((await asking.listeners()) !== count && performance.now() < deadline);
      expect(await asking.listeners()).toBe(count);
    };
    await isCounted(2);
    await first.close();
    await isCounted(1);
  });

  it('are answered with the upgrade they were rung for', async () => {
    const bell = hang({ name: randomUUID() });
    const heard: string[] = [];
    bell.listen(async (upgradeId) => {
      heard.push(upgradeId);
      return 'rest';
    });
    await Promise.all([bell.ring('up-1'), bell.ring('up-2')]);
    await until('both were heard', () => heard.length >= 2);
    expect(heard.sort()).toEqual(['up-1', 'up-2']);
  });

  it('fall together into one when doubled before they are answered', async () => {
    const name = randomUUID();
    const bell = hang({ name });
    for (let count = 0; count < 20; count += 1) await bell.ring('up-1');
    await bell.ring('up-last');
    const heard: string[] = [];
    bell.listen(async (upgradeId) => {
      heard.push(upgradeId);
      return 'rest';
    });
    await until('the last was heard', () => heard.includes('up-last'));
    expect(heard.filter((id) => id === 'up-1')).toHaveLength(1);
  });

  it('rung while the upgrade is being answered are not lost, however many: one more answer follows', async () => {
    const bell = hang({ name: randomUUID() });
    const door = gate();
    bell.listen(door.answer);
    await bell.ring('up-1');
    const first = await door.nth(1);
    for (let count = 0; count < 5; count += 1) await bell.ring('up-1');
    first('rest');
    const second = await door.nth(2);
    second('rest');
    await bell.ring('up-1', 1);
    (await door.nth(3))('rest');
    expect(door.calls).toHaveLength(3);
  });

  it('rung while the upgrade is being answered are not put off by an answer that wants to sleep', async () => {
    const bell = hang({ name: randomUUID() });
    const door = gate();
    bell.listen(door.answer);
    await bell.ring('up-1');
    const first = await door.nth(1);
    await bell.ring('up-1');
    first({ ringInMs: 3_600_000 });
    (await door.nth(2))('rest');
    expect(door.calls).toHaveLength(2);
  });

  it('come back when an answer says so, and sooner when somebody rings meanwhile', async () => {
    const bell = hang({ name: randomUUID() });
    const door = gate();
    bell.listen(door.answer);
    await bell.ring('up-1');
    (await door.nth(1))({ ringInMs: 20 });
    (await door.nth(2))({ ringInMs: 3_600_000 });
    await until('it sleeps', async () => {
      const sleeping = await store.redis.keys('test:*:delayed');
      return sleeping.length > 0;
    });
    await bell.ring('up-1');
    (await door.nth(3))('rest');
    expect(door.calls).toHaveLength(3);
  });

  it('come back when somebody else is at the upgrade', async () => {
    const bell = hang({ name: randomUUID() });
    const answers: Answer[] = [{ busyMs: 10 }, { busyMs: 10 }, 'rest'];
    let count = 0;
    bell.listen(async () => answers[count++] ?? 'rest');
    await bell.ring('up-1');
    await until('it came back twice', () => count === 3);
  });

  it('come back after an answer that threw', async () => {
    const bell = hang({ name: randomUUID() });
    let count = 0;
    bell.listen(async () => {
      count += 1;
      if (count < 3) throw new Error('a defect');
      return 'rest';
    });
    await bell.ring('up-1');
    await until('it came back', () => count === 3);
  });

  it('of one process are answered by another, and both may be rung for the same upgrade', async () => {
    const name = randomUUID();
    const ringer = hang({ name });
    const answerer = hang({ name });
    const heard: string[] = [];
    answerer.listen(async (upgradeId) => {
      heard.push(upgradeId);
      return 'rest';
    });
    await ringer.ring('up-1');
    await until('it was heard', () => heard.length === 1);
    await Promise.all([ringer.ring('up-1'), answerer.ring('up-1')]);
    await until('both were heard', () => heard.length === 3);
  });

  it('with a long answer do not hold up those of other upgrades', async () => {
    const bell = hang({ name: randomUUID() });
    const door = gate();
    const heard: string[] = [];
    bell.listen((upgradeId) => {
      heard.push(upgradeId);
      return upgradeId === 'up-slow' ? door.answer() : Promise.resolve('rest' as const);
    });
    await bell.ring('up-slow');
    const slow = await door.nth(1);
    await bell.ring('up-quick');
    await until('the other was heard', () => heard.includes('up-quick'));
    slow('rest');
  });

  it('closing waits for the answers that are under way, and takes no more', async () => {
    const name = randomUUID();
    const bell = hang({ name });
    const door = gate();
    bell.listen(door.answer);
    await bell.ring('up-1');
    const first = await door.nth(1);
    let closed = false;
    const closing = bell.close().then(() => {
      closed = true;
    });
    const other = hang({ name });
    await other.ring('up-2');
    expect(closed).toBe(false);
    first({ ringInMs: 1 });
    await closing;
    expect(door.calls).toHaveLength(1);
    const heard = new Set<string>();
    other.listen(async (upgradeId) => {
      heard.add(upgradeId);
      return 'rest';
    });
    await until('the other process took both over', () => heard.size === 2);
  });
});
