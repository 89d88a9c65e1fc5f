import {
  memoryStore,
  OAuthConfigurationError,
  sqliteStore,
  type StoreEngine,
  StoreUnavailableError,
} from 'nestjs-oauth-providers';
import { join } from 'node:path';
import { ConfigError } from './config-error.js';
import { type Environment } from './environment.js';
import { isShared, type SharedStore, storeUrls, variableOf } from './store-urls.js';

/**
 * The store that the environment asks for. The drivers of shared stores are loaded only where one is used.
 *
 * @throws ConfigError when it is not said, or not well, where the store is
 */
export async function chooseStore(env: Environment): Promise<StoreEngine> {
  if (env.OAUTH_STORE === 'memory') return memoryStore();
  if (isShared(env.OAUTH_STORE)) {
    return blaming(variableOf(env.OAUTH_STORE), await sharedStore(env, env.OAUTH_STORE));
  }
  const store = sqliteStore({ file: env.SQLITE_FILE ?? join(env.DATA_DIR, 'sample.db') });
  return blaming(env.SQLITE_FILE === undefined ? 'DATA_DIR' : 'SQLITE_FILE', store);
}

async function sharedStore(env: Environment, kind: SharedStore): Promise<StoreEngine> {
  const [url, ...others] = storeUrls(env, kind);
  if (kind === 'postgres') {
    const { postgresStore } = await import('nestjs-oauth-providers/postgres');
    return named('DATABASE_URL', () => postgresStore({ url }));
  }
  const { redisStore } = await import('nestjs-oauth-providers/redis');
  return named('REDIS_URL', () =>
    others.length === 0 ? redisStore({ url }) : redisStore({ cluster: [url, ...others] }),
  );
}

function blaming(variable: string, store: StoreEngine): StoreEngine {
  return { ...store, open: (clock) => store.open(clock).catch((error: unknown) => blame(variable, error)) };
}

function named(variable: string, make: () => StoreEngine): StoreEngine {
  try {
    return make();
  } catch (error) {
    return blame(variable, error);
  }
}

/** The library speaks of its options; whoever reads its words here has set a variable. */
function blame(variable: string, error: unknown): never {
  if (error instanceof OAuthConfigurationError) {
    throw new ConfigError(`${variable} cannot be used: ${error.message}`);
  }
  if (error instanceof StoreUnavailableError) {
    throw new ConfigError(
      `${variable} leads to a store that does not answer (${error.code}): start it, or correct the variable.`,
    );
  }
  throw error;
}
