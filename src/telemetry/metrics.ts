import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { JournalEvent } from '../upgrade/events.ts';
import type { Route } from './health.ts';

export interface Metrics {
  observeEvent(event: Pick<JournalEvent, 'type'>): void;
  observeCall(call: { action: string; ms: number; outcome: string }): void;
  setUnfinished(count: number): void;
  route: Route;
}

/** Prometheus metrics under `redis_upgrade_`. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const events = new Counter({
    name: 'redis_upgrade_journal_events_total',
    help: 'Journal events written by this process',
    labelNames: ['type'],
    registers: [registry],
  });
  const calls = new Histogram({
    name: 'redis_upgrade_cloud_call_seconds',
    help: 'Calls to Tencent Cloud',
    labelNames: ['action', 'outcome'],
    buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30],
    registers: [registry],
  });
  const unfinished = new Gauge({
    name: 'redis_upgrade_unfinished',
    help: 'Upgrades that have not ended',
    registers: [registry],
  });
  return {
    observeEvent: (event) => events.inc({ type: event.type }),
    observeCall: (call) => calls.observe({ action: call.action, outcome: call.outcome }, call.ms / 1000),
    setUnfinished: (count) => unfinished.set(count),
    route: {
      method: 'GET',
      path: '/metrics',
      handler: (_request, response) => {
        registry.metrics().then(
          (text) => {
            response.writeHead(200, { 'content-type': registry.contentType });
            response.end(text);
          },
          () => {
            response.writeHead(500);
            response.end();
          },
        );
      },
    },
  };
}
