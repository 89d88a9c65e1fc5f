import type * as ioredis from 'ioredis';
import { OAuthConfigurationError } from '../../../core/errors.js';

/** The classes of ioredis, and nothing else of it. */
export type Driver = Pick<typeof ioredis, 'Redis' | 'Cluster'>;

/**
 * Loads the driver when a store is opened and not before, so that nobody needs it who uses another store.
 *
 * @throws OAuthConfigurationError when it is not installed
 */
export async function loadDriver(load: () => Promise<unknown> = () => import('ioredis')): Promise<Driver> {
  try {
    const { Redis, Cluster } = (await load()) as Driver;
    return { Redis, Cluster };
  } catch (cause) {
    throw new OAuthConfigurationError(
      'store: redisStore needs the package "ioredis", which is not installed or does not load here: run `npm install ioredis`.',
      { cause },
    );
  }
}
