import { setTimeout as delay } from 'node:timers/promises';
import {
  type LaunchOptions,
  launchRedisServer,
  type RunningRedisServer,
} from '../../redis-server/launch-redis-server.ts';
import { compareVersions, type RedisBinary } from '../../redis-server/redis-binary.ts';
import type { DataNodeOptions } from '../data-plane.ts';
import { RedisLink } from './resp/redis-link.ts';

const maxLaunchAttempts = 5;
const clusterDeadlineMs = 15_000;
const clusterPollMs = 20;
const clusterSlots = 16_384;
/** The cluster bus listens 10,000 above it. */
const innerPort = 16_379;

/** A server at an inner address, which clients never see. */
export type InnerServer = RunningRedisServer & { host: string; port: number };

/**
 * Starts the real server of an instance at an inner address of its own. A cluster's server is in cluster mode and serves all
 * slots, so that it refuses commands across slots.
 */
export async function startInstanceServer(
  binary: RedisBinary,
  options: DataNodeOptions,
): Promise<InnerServer> {
  const server = await launchInside({
    binary,
    directory: options.directory,
    settings: settingsFor(binary, options),
    ...(options.password !== undefined && { password: options.password }),
  });
  if (options.architecture === 'cluster') await takeAllSlots(server, options.password);
  return server;
}

/** Starts a server at a random inner address. */
export async function launchInside(
  options: Omit<LaunchOptions, 'listen' | 'binary'> & { binary: RedisBinary },
): Promise<InnerServer> {
  // Clients come from any address of the loopback network, and the server takes only 127.0.0.1 for this machine.
  const unprotected = compareVersions(options.binary.version, '3.2') >= 0 && { 'protected-mode': 'no' };
  const settings = { ...unprotected, ...options.settings };
  for (let attempt = 1; ; attempt++) {
    const host = randomLoopbackHost();
    try {
      const server = await launchRedisServer({ ...options, settings, listen: { host, port: innerPort } });
      return { ...server, host, port: innerPort };
    } catch (error) {
      // Somebody else may hold the address by chance.
      if (attempt >= maxLaunchAttempts || !String(error).includes('in use')) throw error;
    }
  }
}

/** Out of 127.192.0.0/10, away from what a sandbox hands out as private addresses. */
function randomLoopbackHost(): string {
  const part = (from: number, to: number) => from + Math.floor(Math.random() * (to - from + 1));
  return `127.${part(192, 254)}.${part(0, 255)}.${part(1, 254)}`;
}

function settingsFor(binary: RedisBinary, options: DataNodeOptions): Record<string, string> {
  const atLeast = (version: string) => compareVersions(binary.version, version) >= 0;
  return {
    maxmemory: `${options.maxMemoryMb}mb`,
    'maxmemory-policy': 'noeviction',
    // A sync job must not be dropped because it is slower than the clients' writes.
    'client-output-buffer-limit': 'slave 0 0 0',
    // Nothing to wait for: a sync job takes its snapshot from the disk.
    ...(atLeast('2.8.18') && { 'repl-diskless-sync': 'no' }),
    // For DEBUG DIGEST; the proxy withholds what could harm.
    ...(atLeast('7.0') && { 'enable-debug-command': 'yes' }),
    ...(options.architecture === 'cluster' && { 'cluster-enabled': 'yes' }),
  };
}

async function takeAllSlots(server: RunningRedisServer, password: string | undefined): Promise<void> {
  const link = await RedisLink.open(server.endpoint, password);
  try {
    await link.call('CLUSTER', 'ADDSLOTS', ...Array.from({ length: clusterSlots }, (_, slot) => slot));
    const deadline = performance.now() + clusterDeadlineMs;
    // A fresh master waits about two seconds before it takes writes.
    while (!String(await link.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) {
      if (performance.now() > deadline) throw new Error('The cluster did not become ready');
      await delay(clusterPollMs);
    }
  } catch (error) {
    await server.stop();
    throw error;
  } finally {
    link.close();
  }
}
