import type pg from 'pg';
import { OAuthConfigurationError } from '../../../core/errors.js';

/** What is used of pg. */
export type Driver = Pick<typeof pg, 'Client' | 'Pool'>;

/**
 * Loads the driver when a store is opened and not before, so that nobody needs it who uses another store.
 *
 * @throws OAuthConfigurationError when it is not installed
 */
export async function loadDriver(load: () => Promise<unknown> = () => import('pg')): Promise<Driver> {
  try {
    return ((await load()) as { default: Driver }).default;
  } catch (cause) {
    throw new OAuthConfigurationError(
      'store: postgresStore needs the package "pg", which is not installed or does not load here: run `npm install pg`.',
      { cause },
    );
  }
}
