import { OAuthConfigurationError } from '../../../core/errors.js';

/** What SQLite stores and gives back here. */
export type SqlValue = null | number | string | Buffer;

/** A row as it comes back: what its columns hold is known to whoever wrote the query. */
export type SqlRow = Record<string, unknown>;

/** A prepared statement, as far as the guard uses it. The driver's own typings promise more than there is. */
export interface DriverStatement {
  readonly reader: boolean;
  run(params: readonly SqlValue[]): { readonly changes: number };
  all(params: readonly SqlValue[]): SqlRow[];
}

/** A connection, as far as the guard uses it. */
export interface DriverConnection {
  readonly inTransaction: boolean;
  prepare(sql: string): DriverStatement;
  exec(sql: string): void;
  close(): void;
}

/** Opens a file; `timeout` is SQLite's busy timeout in ms, and waiting for it blocks the event loop. */
export type Driver = new (file: string, options: { timeout: number }) => DriverConnection;

/**
 * Loads the driver when a store is opened and not before, so that nobody needs it who uses another store.
 *
 * @throws OAuthConfigurationError when it is not installed
 */
export async function loadDriver(load: () => Promise<unknown> = () => import('libsql')): Promise<Driver> {
  try {
    const { default: driver } = (await load()) as { default: Driver };
    return driver;
  } catch (cause) {
    throw new OAuthConfigurationError(
      'store: sqliteStore needs the package "libsql", which is not installed or does not load here: run `npm install libsql`.',
      { cause },
    );
  }
}
