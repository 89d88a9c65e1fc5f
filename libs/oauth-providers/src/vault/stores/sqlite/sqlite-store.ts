import { type StoreEngine } from '../../store-engine.port.js';

/** Settings of {@link sqliteStore}. */
export interface SqliteStoreOptions {
  /** Path of the database file; it and its folder are created. `:memory:` keeps nothing. */
  readonly file: string;
}

/**
 * A store in one SQLite file, for one process on one machine. What it has acknowledged survives a crash of
 * the process and of the machine. Needs the package `libsql`.
 */
export function sqliteStore({ file }: SqliteStoreOptions): StoreEngine {
  return {
    kind: 'sqlite',
    embedded: true,
    open: async (clock) => (await import('./open-sqlite-store.js')).openSqliteStore(file, clock),
  };
}
