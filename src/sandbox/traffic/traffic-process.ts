// The traffic's own process: started by start-traffic.ts, spoken to over its IPC channel, gone when its parent is.
import { audit } from './audit.ts';
import { Clients } from './clients.ts';
import { Ledger } from './ledger.ts';
import { Measurement } from './measurement.ts';
import { type FromTraffic, type ToTraffic, type TrafficSettings, toTrafficSchema } from './protocol.ts';
import { seededRandom } from './seeded-random.ts';

const figuresMs = 200;
const settleMs = 5_000;

interface Run {
  settings: TrafficSettings;
  ledger: Ledger;
  clients: Clients;
  measurement: Measurement;
  reporting: NodeJS.Timeout;
}

let run: Run | undefined;

process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches the whole process group; the parent ends the traffic in its own order.
process.on('SIGINT', () => undefined);
process.on('message', (raw) => {
  handle(toTrafficSchema.parse(raw)).catch((error: unknown) => {
    tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  });
});

async function handle(message: ToTraffic): Promise<void> {
  if (message.type === 'start') {
    run = start(message.settings);
    tell({ type: 'started' });
    return;
  }
  if (run === undefined) throw new Error(`${message.type} before start`);
  const current = run;
  switch (message.type) {
    case 'measure':
      current.measurement = new Measurement(current.settings.clients);
      return tell({ type: 'measuring' });
    case 'stop':
      await current.clients.stop(settleMs);
      clearInterval(current.reporting);
      return tell({ type: 'stopped', figures: figuresOf(current) });
    case 'audit': {
      const keysCompared = await audit(current.ledger, message.endpoint);
      const { ledger } = current;
      const lost = { lostWrites: ledger.lost(), lostExamples: ledger.lostExamples };
      return tell({ type: 'audited', audit: { figures: figuresOf(current), keysCompared, ...lost } });
    }
  }
}

function start(settings: TrafficSettings): Run {
  const ledger = new Ledger(settings.maxTrackedWrites);
  const random = seededRandom(settings.seed);
  const measurement = () => current.measurement;
  const clients = new Clients({ settings, ledger, random, measurement });
  const current: Run = {
    settings,
    ledger,
    clients,
    measurement: new Measurement(settings.clients),
    reporting: setInterval(() => tell({ type: 'figures', figures: figuresOf(current) }), figuresMs),
  };
  clients.start();
  return current;
}

function figuresOf({ measurement, ledger }: Run): ReturnType<Measurement['figures']> {
  return measurement.figures(ledger, performance.now());
}

function tell(message: FromTraffic): void {
  if (process.connected) process.send?.(message);
}
