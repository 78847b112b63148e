import { CompareError } from '../../../src/compare/wire/compare-error.ts';
import type { RawReply } from '../../../src/compare/wire/raw-reply.ts';
import type { OpenConnection, RedisConnection } from '../../../src/compare/wire/redis-connection.ts';
import type { Faults } from '../faults.ts';
import type { Course, SimulatedProcess } from '../process.ts';
import type { Random } from '../time/random.ts';
import type { Answer } from './commands.ts';
import type { Connection } from './connection.ts';
import type { Network } from './network.ts';
import { decodeCommands, encodeAnswer, latin1, replyOf } from './wire.ts';

interface Parts {
  process: SimulatedProcess;
  network: Network;
  faults: Faults;
  random: Random;
}

/** How a process of the bot connects to instances: by address, to whoever holds it at that moment. */
export function createSimulatedOpen(parts: Parts): OpenConnection {
  const { network, process, faults, random } = parts;
  return async (endpoint, limits) => {
    const label = `${endpoint.host}:${endpoint.port}`;
    const course: Course = { sendMs: 0.1 + random.next(), answerMs: 0.1 + random.next() };
    if (faults.strikes('redis-refuses-connection', 'redis.connect')) {
      course.answerMs = limits.connectTimeoutMs;
      course.before = new CompareError('COMPARE_TIMEOUT', `connecting to ${label}: no connection`);
    } else addCrash(course, faults, 'redis.connect');
    const address = { ip: endpoint.host, port: endpoint.port };
    const connection = await process.perform(course, () => network.connect(address, process.name));
    if (connection === undefined)
      throw new CompareError('COMPARE_CONNECT', `connecting to ${label}: refused`);
    const { password } = connection.server;
    if (password !== undefined && password !== endpoint.password) {
      connection.close();
      throw new CompareError('COMPARE_AUTH', `authenticating at ${label}: refused (NOAUTH)`);
    }
    return new SimulatedConnection(parts, connection, { label, timeoutMs: limits.commandTimeoutMs });
  };
}

function addCrash(course: Course, faults: Faults, place: string): void {
  if (faults.strikes('crash-before-call', place)) course.crash = 'before';
  else if (faults.strikes('crash-after-call', place)) course.crash = 'after';
  else if (faults.strikes('freeze', place)) course.freezeMs = 8_000;
}

class SimulatedConnection implements RedisConnection {
  private readonly parts: Parts;
  private readonly connection: Connection;
  private readonly label: string;
  private readonly timeoutMs: number;
  private failure: CompareError | undefined;

  constructor(parts: Parts, connection: Connection, facts: { label: string; timeoutMs: number }) {
    this.parts = parts;
    this.connection = connection;
    this.label = facts.label;
    this.timeoutMs = facts.timeoutMs;
  }

  async command(...command: (string | Buffer)[]) {
    const [answer] = await this.send([command.map(latin1)]);
    return answer === undefined ? null : replyOf(answer);
  }

  async pipeline({ bytes, count }: { bytes: Buffer; count: number }): Promise<RawReply[]> {
    if (count === 0) return [];
    return (await this.send(decodeCommands(bytes))).map(encodeAnswer);
  }

  close(): void {
    this.failure ??= new CompareError('COMPARE_CLOSED', `talking to ${this.label}: closed by its owner`);
    this.connection.close();
  }

  private async send(commands: string[][]): Promise<Answer[]> {
    if (this.failure !== undefined) throw this.failure;
    const { process, random } = this.parts;
    const course: Course = { sendMs: 0.1 + random.next() * 0.5, answerMs: 0.1 + random.next() * 0.5 };
    this.strike(course);
    try {
      return await process.perform(course, () => {
        if (!this.connection.isOpen) throw this.broken();
        return commands.map((command) => this.connection.execute(command));
      });
    } catch (error) {
      if (error instanceof CompareError) this.failure ??= error;
      this.connection.close();
      throw error;
    }
  }

  private strike(course: Course): void {
    const { faults } = this.parts;
    addCrash(course, faults, 'redis.command');
    if (!faults.strikes('redis-breaks', 'redis.command')) return;
    // Half of them before anything was done, half after; half at once, half by waiting in vain.
    const kind = this.parts.random.whole(0, 3);
    const late = new CompareError('COMPARE_TIMEOUT', `waiting for ${this.label}: no answer`);
    if (kind >= 2) course.answerMs = this.timeoutMs;
    course[kind % 2 === 0 ? 'before' : 'after'] = kind >= 2 ? late : this.broken();
  }

  private broken(): CompareError {
    return new CompareError('COMPARE_CONNECT', `talking to ${this.label}: the connection was closed`);
  }
}
