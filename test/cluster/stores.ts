import { describe } from '@jest/globals';
import { howToInstall, postgresAvailable, startPostgres } from '../../tools/servers/postgres.mjs';
import { redisAvailable, redisMissing, startRedis } from '../../tools/servers/redis.mjs';

/** A store that a test switches off and on. */
export interface SharedServer {
  readonly url: string;
  down(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
}

/** A kind of store that processes can share. */
export interface SharedStore {
  readonly kind: string;
  readonly variable: string;
  start(): Promise<SharedServer>;
}

const redis: SharedStore = {
  kind: 'redis',
  variable: 'REDIS_URL',
  start: async () => {
    const server = await startRedis({ appendfsync: 'always' });
    return {
      url: server.url,
      down: () => server.kill(),
      up: () => server.restart(),
      stop: () => server.stop(),
    };
  },
};

const postgres: SharedStore = {
  kind: 'postgres',
  variable: 'DATABASE_URL',
  start: async () => {
    const server = await startPostgres();
    return {
      url: server.url,
      down: () => server.kill(),
      up: () => server.start(),
      stop: () => server.stop(),
    };
  },
};

/** Describes something for each store that is installed; what is missing is named, with how to get it. */
export function describeWithStores(name: string, tests: (store: SharedStore) => void): void {
  const stores: [SharedStore, boolean, string][] = [
    [redis, redisAvailable(), redisMissing],
    [postgres, postgresAvailable(), howToInstall],
  ];
  for (const [store, available, missing] of stores) {
    const run: (name: string, tests: () => void) => void = available ? describe : describe.skip;
    run(`${name} on ${store.kind}${available ? '' : ` (${missing})`}`, () => tests(store));
  }
}
