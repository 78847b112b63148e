import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type FromTraffic,
  fromTrafficSchema,
  type ToTraffic,
  type TrafficAudit,
  type TrafficEndpoint,
  type TrafficFigures,
  type TrafficSettings,
} from './protocol.ts';

export interface TrafficOptions extends Partial<Omit<TrafficSettings, 'endpoint' | 'clusterSafe'>> {
  /** Where the clients connect: the address that is going to move. */
  endpoint: TrafficEndpoint;
  clusterSafe: boolean;
}

/** Clients that write and read all the time, in a process of their own so that nothing else delays or hurries them. */
export interface Traffic {
  /** The latest figures, at most a fifth of a second old. */
  figures(): TrafficFigures | undefined;
  /** Resolves once the figures satisfy `condition`; rejects after `timeoutMs`. */
  until(condition: (figures: TrafficFigures) => boolean, timeoutMs: number): Promise<TrafficFigures>;
  /** Measures gaps and reads anew from now on. Counts of writes go on. */
  measure(): Promise<void>;
  /** Ends the writing and reading and lets what is under way come back. */
  stop(): Promise<TrafficFigures>;
  /** After `stop`: looks every acknowledged write up on the instance at `endpoint`. */
  audit(endpoint: TrafficEndpoint): Promise<TrafficAudit>;
  /** Ends the process. */
  close(): Promise<void>;
}

const defaults = {
  writesPerSecond: 1_200,
  readsPerSecond: 400,
  clients: 6,
  retryDelayMs: 'default',
  seed: 1,
  kinds: 'all',
  scriptShare: 0.08,
  prefix: 'traffic',
  maxTrackedWrites: 100_000,
} as const satisfies Omit<TrafficSettings, 'endpoint' | 'clusterSafe'>;

const answerTimeoutMs = 60_000;

/** Starts the clients; resolves once they run. Rejects when the process cannot be started. */
export async function startTraffic(options: TrafficOptions): Promise<Traffic> {
  const channel = new Channel(forkProcess());
  try {
    await channel.ask({ type: 'start', settings: { ...defaults, ...options } }, 'started');
  } catch (error) {
    await channel.close();
    throw error;
  }
  return {
    figures: () => channel.latest,
    until: (condition, timeoutMs) => channel.until(condition, timeoutMs),
    measure: async () => void (await channel.ask({ type: 'measure' }, 'measuring')),
    stop: async () => (await channel.ask({ type: 'stop' }, 'stopped')).figures,
    audit: async (endpoint) => (await channel.ask({ type: 'audit', endpoint }, 'audited')).audit,
    close: () => channel.close(),
  };
}

/** From the sources (tests, scripts) the process needs the same loader as its parent; from dist it needs none. */
function forkProcess(): ChildProcess {
  const fromSources = import.meta.url.endsWith('.ts');
  const file = fileURLToPath(new URL(`traffic-process.${fromSources ? 'ts' : 'js'}`, import.meta.url));
  const loader = () => pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return fork(file, [], {
    execArgv: fromSources ? ['--import', loader()] : [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

type Answer<T extends FromTraffic['type']> = Extract<FromTraffic, { type: T }>;

class Channel {
  latest: TrafficFigures | undefined;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<(message: FromTraffic) => void>();
  readonly #ended: Promise<void>;
  #endedWhy: string | undefined;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#ended = new Promise((resolve) => {
      const end = (why: string) => {
        this.#endedWhy ??= why;
        this.#deliver({ type: 'failed', message: why });
        resolve();
      };
      child.once('exit', (code, signal) => end(`the traffic's process ended with ${code ?? signal}`));
      child.once('error', (error) => end(`the traffic's process: ${error.message}`));
    });
    child.on('message', (raw) => this.#deliver(fromTrafficSchema.parse(raw)));
  }

  async ask<T extends FromTraffic['type']>(question: ToTraffic, answer: T): Promise<Answer<T>> {
    const reply = this.#next((message): message is Answer<T> => message.type === answer, answerTimeoutMs);
    this.#child.send(question, () => undefined);
    return await reply;
  }

  async until(condition: (figures: TrafficFigures) => boolean, timeoutMs: number): Promise<TrafficFigures> {
    if (this.latest !== undefined && condition(this.latest)) return this.latest;
    const fits = (message: FromTraffic): message is Answer<'figures'> =>
      message.type === 'figures' && condition(message.figures);
    return (await this.#next(fits, timeoutMs)).figures;
  }

  async close(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async #next<M extends FromTraffic>(fits: (message: FromTraffic) => message is M, ms: number): Promise<M> {
    if (this.#endedWhy !== undefined) throw new Error(this.#endedWhy);
    return await new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.#listeners.delete(listener);
        act();
      };
      const timer = setTimeout(
        () => settle(() => reject(new Error(`The traffic did not get there within ${ms} ms`))),
        ms,
      );
      const listener = (message: FromTraffic) => {
        if (fits(message)) settle(() => resolve(message));
        else if (message.type === 'failed') settle(() => reject(new Error(message.message)));
      };
      this.#listeners.add(listener);
    });
  }

  #deliver(message: FromTraffic): void {
    if ('figures' in message) this.latest = message.figures;
    for (const listener of [...this.#listeners]) listener(message);
  }
}
