import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, it } from '@jest/globals';
import {
  type RedisCluster,
  redisAvailable,
  redisMissing,
  type RedisServer,
  type RedisServerOptions as ServerSettings,
  startRedis,
  startRedisCluster,
} from '../../../../../../../tools/servers/redis.mjs';
import { type OpenStore } from '../../../store-engine.port.js';
import { type StoreSubject } from '../../store-contract.js';
import { checkOptions, type RedisStoreOptions } from '../options.js';
import { openRedisStore } from '../redis-engine.js';

/** Describes what needs a redis-server; where there is none it is named as not run, with how to run it. */
export function describeWithRedis(name: string, tests: () => void): void {
  if (redisAvailable()) describe(name, tests);
  else describe(name, () => it.skip(redisMissing, () => undefined));
}

/** A server for all tests of a suite; in silence about risks that tests take. */
export function serverForAll(settings: ServerSettings = { appendfsync: 'always' }): () => RedisServer {
  let server: RedisServer | undefined;
  beforeAll(async () => (server = await startRedis(settings)));
  afterAll(() => server?.stop());
  return () => server ?? missing();
}

/** A cluster of three for all tests of a suite. */
export function clusterForAll(): () => RedisCluster {
  let cluster: RedisCluster | undefined;
  beforeAll(async () => (cluster = await startRedisCluster({ masters: 3, appendfsync: 'always' })));
  afterAll(() => cluster?.stop());
  return () => cluster ?? missing();
}

/** A prefix of one's own: as good as a server of one's own, and quicker. */
export function aPrefix(): string {
  return randomBytes(6).toString('hex');
}

/** A store whose time stands still until the test moves it. */
export function makeFrozenSubject(options: RedisStoreOptions): Promise<StoreSubject> {
  const settings = checkOptions({ ...options, prefix: aPrefix() });
  const opened: OpenStore[] = [];
  let now = 1_700_000_000_000;
  return Promise.resolve({
    async open() {
      const store = await openRedisStore(settings, () => now);
      opened.push(store);
      return store;
    },
    advance: (ms) => {
      now += ms;
      return Promise.resolve();
    },
    async dispose() {
      await Promise.all(opened.map((store) => store.close()));
    },
  });
}

function missing(): never {
  throw new Error('The server is not started yet.');
}

/** Asks again and again, in pauses of the event loop, until it is so. */
export async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
}
