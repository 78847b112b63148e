import type { Announce } from '../../src/steps/address-webhook.ts';
import type { PrivateAddress } from '../../src/upgrade/instance.ts';
import { OperatingError } from '../../src/upgrade/operating-error.ts';
import type { Faults } from './faults.ts';
import type { History } from './history.ts';
import type { Course, SimulatedProcess } from './process.ts';
import type { Random } from './time/random.ts';

interface Surroundings {
  faults: Faults;
  random: Random;
  history: History;
  serial(): number;
  tellClients(instance: string, address: PrivateAddress): void;
}

/** The team's configuration as a process of the bot reaches it: told by a POST that may fail before or after it was taken. */
export function createWebhook(world: Surroundings, process: SimulatedProcess): Announce {
  const { faults, random, history } = world;
  return ({ event, instance, address }) => {
    const course: Course = { sendMs: 10 + random.next() * 200, answerMs: 10 };
    const failure = new OperatingError(
      'WEBHOOK_UNAVAILABLE',
      'telling the configuration webhook: no answer',
      {
        retryable: true,
      },
    );
    if (faults.strikes('webhook-fails', event)) course[random.chance(0.5) ? 'before' : 'after'] = failure;
    const token = [...process.tokens.values()].join();
    const args = [instance, event];
    history.add({
      kind: 'call',
      process: process.name,
      token,
      action: 'announce',
      args,
      call: world.serial(),
    });
    const [ip = '', port] = address.split(':');
    return process.perform(course, () => world.tellClients(instance, { ip, port: Number(port) }));
  };
}
