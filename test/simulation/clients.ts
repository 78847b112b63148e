import type { PrivateAddress } from '../../src/upgrade/instance.ts';
import type { Faults } from './faults.ts';
import type { History } from './history.ts';
import type { Answer } from './redis/commands.ts';
import type { Connection } from './redis/connection.ts';
import type { Network } from './redis/network.ts';
import type { Random } from './time/random.ts';
import type { Timeline } from './time/timeline.ts';

interface Parts {
  timeline: Timeline;
  random: Random;
  faults: Faults;
  history: History;
  network: Network;
  address: PrivateAddress;
  password: string;
  /** Numbers for operations, one row for all clients. */
  nextOp(): number;
  /** Whether something is going on that makes writing worth while. */
  isHot(): boolean;
}

const SCRIPT = "return redis.call('SET', KEYS[1], ARGV[1])";
const REST_MS = 8_000;
const HOT_MS = 160;
/** A client that hears nothing gives up its connection. */
const PATIENCE_MS = 1_000;

/**
 * A client of the team's: writes through the old address, or where it is told to, plainly and by scripts, one write after the other; reconnects when its
 * connection is cut, and writes down what it was told of each write.
 */
export class SimulatedClient {
  readonly name: string;
  private readonly parts: Parts;
  private connection: Connection | undefined;
  private address: PrivateAddress;
  private stopped = false;
  private resting = false;
  /** Which of its plans to write counts. */
  private turn = 0;

  constructor(name: string, parts: Parts) {
    this.name = name;
    this.parts = parts;
    this.address = parts.address;
  }

  start(): void {
    this.later();
  }

  stop(): void {
    this.stopped = true;
  }

  /** Its configuration is changed. */
  moveTo(address: PrivateAddress): void {
    this.address = address;
    this.connection?.close();
  }

  /** Something is going on: whoever rests writes soon. */
  wake(): void {
    if (this.resting) this.later();
  }

  private later(): void {
    const { timeline, random, isHot } = this.parts;
    this.turn += 1;
    if (this.stopped) return;
    const { turn } = this;
    this.resting = !isHot();
    timeline.after((this.resting ? REST_MS : HOT_MS) * (0.2 + random.next()), () => {
      if (turn === this.turn) this.write();
    });
  }

  private write(): void {
    const { random, history, nextOp } = this.parts;
    if (this.stopped) return;
    this.resting = false;
    const connection = this.connected();
    if (connection === undefined) {
      this.later();
      return;
    }
    const op = nextOp();
    const { key, value, command } = chooseWrite(this.name, op, random);
    history.add({ kind: 'invoke', client: this.name, op, key, value });
    this.send(connection, op, command);
  }

  private connected(): Connection | undefined {
    const { network, password } = this.parts;
    if (this.connection?.isOpen === true) return this.connection;
    this.connection = network.connect(this.address, this.name);
    if (this.connection === undefined) return undefined;
    if (this.connection.server.password === password) return this.connection;
    this.connection.close();
    return undefined;
  }

  private send(connection: Connection, op: number, command: string[]): void {
    const { timeline, random, history, faults } = this.parts;
    let told = false;
    const tell = (kind: 'acknowledged' | 'refused' | 'unknown') => {
      if (told) return;
      told = true;
      history.add({ kind, client: this.name, op });
      this.later();
    };
    timeline.after(PATIENCE_MS, () => {
      if (!told) connection.close();
      tell('unknown');
    });
    timeline.after(0.2 + random.next() * 2, () => {
      if (!connection.isOpen) {
        tell('unknown');
        return;
      }
      const answer = connection.execute(command);
      const refused = isError(answer);
      if (!refused) history.add({ kind: 'executed', client: this.name, op, instance: connection.instance });
      timeline.after(0.2 + random.next() * 2, () => {
        const lost = !connection.isOpen || faults.strikes('client-answer-lost', this.name);
        if (lost) connection.close();
        tell(lost ? 'unknown' : refused ? 'refused' : 'acknowledged');
      });
    });
  }
}

function isError(answer: Answer): boolean {
  return typeof answer === 'object' && answer !== null && 'error' in answer;
}

/** A key of its own or one that all clients share; the value is the operation's number, so that every write can be told apart. */
function chooseWrite(client: string, op: number, random: Random) {
  const key = random.chance(0.3) ? `shared:${random.whole(1, 3)}` : `${client}:${random.whole(1, 4)}`;
  const value = `v${op}`;
  const form = random.next();
  if (form < 0.1) return { key, value: null, command: ['DEL', key] };
  if (form < 0.35) return { key, value, command: ['EVAL', SCRIPT, '1', key, value] };
  if (form < 0.5) {
    const field = `f${random.whole(1, 3)}`;
    return { key: `hash:${client} ${field}`, value, command: ['HSET', `hash:${client}`, field, value] };
  }
  return { key, value, command: ['SET', key, value] };
}

/** What a server holds for a key as the clients name it: `hash:c1 f1` is a field. */
export function heldBy(server: Connection['server'], key: string): string | null {
  const [name = '', field] = key.split(' ');
  const value = server.get(0, name)?.value;
  if (value?.type === 'hash') return value.fields.get(field ?? '') ?? null;
  return value?.type === 'string' ? value.text : null;
}
