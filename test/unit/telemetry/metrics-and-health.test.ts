import { createServer, type Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { healthRoutes, type Route } from '../../../src/telemetry/health.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function ask(routes: Route[], path: string): Promise<{ status: number; text: string }> {
  const server = createServer((request, response) => {
    const route = routes.find((each) => each.method === request.method && each.path === request.url);
    if (route === undefined) response.writeHead(404).end();
    else route.handler(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const answer = await fetch(`http://127.0.0.1:${address.port}${path}`);
  return { status: answer.status, text: await answer.text() };
}

describe('health', () => {
  it('is alive whatever is not ready', async () => {
    const routes = healthRoutes({ notReady: async () => ['store'] });
    expect((await ask(routes, '/healthz')).status).toBe(200);
  });

  it('is ready when nothing is waited for, and says for what it waits', async () => {
    expect((await ask(healthRoutes({ notReady: async () => [] }), '/readyz')).status).toBe(200);
    const { status, text } = await ask(healthRoutes({ notReady: async () => ['slack', 'store'] }), '/readyz');
    expect(status).toBe(503);
    expect(JSON.parse(text)).toEqual({ ready: false, waiting: ['slack', 'store'] });
  });

  it('is not ready when that cannot be found out', async () => {
    const routes = healthRoutes({
      notReady: async () => {
        throw new Error('store gone');
      },
    });
    expect(await ask(routes, '/readyz')).toMatchObject({ status: 503 });
  });
});

describe('metrics', () => {
  it('count events and calls and tell how many upgrades run', async () => {
    const metrics = createMetrics();
    metrics.observeEvent({ type: 'paused' });
    metrics.observeEvent({ type: 'paused' });
    metrics.observeCall({ action: 'DescribeInstances', ms: 70, outcome: 'OK' });
    metrics.setUnfinished(3);
    const { status, text } = await ask([metrics.route], '/metrics');
    expect(status).toBe(200);
    expect(text).toContain('redis_upgrade_journal_events_total{type="paused"} 2');
    expect(text).toContain(
      'redis_upgrade_cloud_call_seconds_bucket{le="0.1",action="DescribeInstances",outcome="OK"} 1',
    );
    expect(text).toContain(
      'redis_upgrade_cloud_call_seconds_bucket{le="0.05",action="DescribeInstances",outcome="OK"} 0',
    );
    expect(text).toContain('redis_upgrade_unfinished 3');
  });
});
