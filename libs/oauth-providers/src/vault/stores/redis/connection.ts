import { type Cluster, type Redis } from 'ioredis';
import { type Driver, loadDriver } from './driver.js';
import { cannotOpen } from './errors.js';
import { type RedisAddress, type RedisSettings } from './options.js';
import { scripts } from './scripts/index.js';

/** A connection to one server, or those to a cluster. */
export type Client = Redis | Cluster;

export function isCluster(client: Client): client is Cluster {
  return client.isCluster;
}

/** The servers behind a client that take writes. */
export function serversOf(client: Client): readonly Redis[] {
  return isCluster(client) ? client.nodes('master') : [client];
}

const connectTimeoutMs = 5_000;
const openTimeoutMs = 10_000;
/** Longer than anything takes that works, and short enough for whoever waits. */
const answerTimeoutMs = 4_000;
const longestPauseMs = 2_000;

/**
 * Connects and waits until the server answers.
 *
 * @throws OAuthConfigurationError when it does not
 */
export async function connect(settings: RedisSettings): Promise<Client> {
  const driver = await loadDriver();
  const [address] = settings.addresses;
  const errors: unknown[] = [];
  const state = { isOpen: false };
  // Without an answer the first attempt is the last; once it was open it tries for ever.
  const retry = (times: number) => (state.isOpen ? pauseBefore(times) : null);
  const client = settings.isCluster
    ? makeCluster(driver, settings, retry)
    : makeSingle(driver, settings, address, retry);
  // A listener for good: an `error` without one would end the process.
  for (const event of ['error', 'node error']) {
    client.on(event, (error: unknown) => {
      if (!state.isOpen) errors.push(error);
    });
  }
  try {
    await withDeadline(client.connect());
    if (errors.some((error) => /DB index/.test(String(error)))) throw new Error('DB index is out of range');
  } catch (error) {
    client.disconnect();
    throw cannotOpen(address, [...errors, error]);
  }
  state.isOpen = true;
  return client;
}

function makeSingle(
  { Redis }: Driver,
  settings: RedisSettings,
  address: RedisAddress,
  retryStrategy: (times: number) => number | null,
): Redis {
  const { host, port, db } = address;
  return new Redis({
    ...common(settings, address),
    ...{ host, port, db, scripts, retryStrategy },
    enableOfflineQueue: false,
    lazyConnect: true,
  });
}

function makeCluster(
  { Cluster }: Driver,
  settings: RedisSettings,
  clusterRetryStrategy: (times: number) => number | null,
): Cluster {
  return new Cluster(
    settings.addresses.map(({ host, port }) => ({ host, port })),
    {
      redisOptions: common(settings, settings.addresses[0]),
      ...{ scripts, clusterRetryStrategy },
      enableOfflineQueue: false,
      lazyConnect: true,
      slotsRefreshTimeout: answerTimeoutMs,
      maxRedirections: 8,
      // The names in a certificate are those of hosts: with TLS they must not become addresses.
      ...(settings.addresses[0].secure && { dnsLookup: (name, done) => done(null, name) }),
    },
  );
}

function common(settings: RedisSettings, { username, password, secure }: RedisAddress) {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(secure && { tls: settings.tls ?? {} }),
    connectTimeout: connectTimeoutMs,
    // A connection that says nothing is taken for dead, and whoever waits on it is told.
    socketTimeout: answerTimeoutMs,
    // What was under way when a connection broke is told to its caller, who repeats it with the same id.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // A primary that was demoted: the name may lead to the new one by now.
    reconnectOnError: (error: Error) => error.message.includes('READONLY'),
  };
}

/** Longer from time to time, and not the same for all of a fleet. */
function pauseBefore(times: number): number {
  const longest = Math.min(longestPauseMs, 50 * 2 ** Math.min(times, 10));
  return longest / 2 + (Number(process.hrtime.bigint() % 1_000n) / 2_000) * longest;
}

async function withDeadline(connected: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('connecting timed out'));
    }, openTimeoutMs);
  });
  try {
    await Promise.race([connected, late]);
  } finally {
    clearTimeout(timer);
  }
}
