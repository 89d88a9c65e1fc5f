// The store that the processes share: one that is named by the environment, or one of our own for this run.
import { Sentence } from './sentence.mjs';

const stores = {
  redis: {
    variable: 'REDIS_URL',
    packages: 'redis-server',
    server: async () => {
      const { redisAvailable, startRedis } = await import('../servers/redis.mjs');
      // Nothing that was acknowledged may be lost: a refresh token that was rotated in it would be gone for good.
      return redisAvailable() && (() => startRedis({ appendfsync: 'always' }));
    },
  },
  postgres: {
    variable: 'DATABASE_URL',
    packages: 'postgresql',
    server: async () => {
      const { postgresAvailable, startPostgres } = await import('../servers/postgres.mjs');
      return postgresAvailable() && (() => startPostgres());
    },
  },
};

/**
 * Opens the store. `wanted` is its kind, or undefined: then the one the environment names by a URL, or the first
 * that is installed. Throws a sentence.
 *
 * @returns {Promise<{ kind: string, variable: string, url: string, own: boolean, stop: () => Promise<void> }>}
 */
export async function openStore(wanted, env) {
  if (wanted !== undefined && !Object.hasOwn(stores, wanted)) {
    throw new Sentence(
      'Several processes need a store that they can share: use --store=redis or --store=postgres.',
    );
  }
  const kinds = wanted === undefined ? Object.keys(stores) : [wanted];
  for (const kind of kinds) {
    const { variable } = stores[kind];
    const url = env[variable];
    if (url !== undefined) return { kind, variable, url, own: false, stop: async () => {} };
  }
  for (const kind of kinds) {
    const { variable, server: find } = stores[kind];
    const start = await find();
    if (!start) continue;
    const server = await start();
    return { kind, variable, url: server.url, own: true, stop: () => server.stop() };
  }
  const ways = kinds
    .map((kind) => `set ${stores[kind].variable} or install ${stores[kind].packages}`)
    .join(', or ');
  throw new Sentence(`There is no store that several processes can share: ${ways}.`);
}
