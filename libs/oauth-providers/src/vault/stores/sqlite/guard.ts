import { type DriverConnection, type DriverStatement, type SqlRow, type SqlValue } from './driver.js';

/**
 * The only door to the driver. It keeps away what the driver gets wrong:
 *
 * - A prepared write that meets SQLITE_BUSY is never reset, and every later write of the connection then
 *   "succeeds" without ever being committed. So writes run only under `exec('BEGIN IMMEDIATE')`, which takes
 *   the write lock first and leaves nothing behind when it is busy.
 * - `run()` of a statement with RETURNING, and a `get()` or an iteration that stops early, leave it unfinished
 *   in the same way. So rows are read through `all()` alone, and to its end.
 * - Some parameters end the process instead of throwing. So parameters are checked, and go in as one array.
 * - `all()` gives BLOBs as ArrayBuffer, and text is cut at its first NUL.
 */
export class GuardedConnection {
  readonly #db: DriverConnection;
  readonly #statements = new Map<string, DriverStatement>();
  #writing = false;

  constructor(db: DriverConnection) {
    this.#db = db;
  }

  /** All rows of a query; also of a write with RETURNING, but that only inside {@link write}. */
  all(sql: string, ...params: readonly SqlValue[]): SqlRow[] {
    const rows = this.#use(sql, (statement) => statement.all(checked(params)));
    for (const row of rows) {
      for (const column of Object.keys(row)) {
        const value = row[column];
        // Only a BLOB is an object. Its class cannot be asked for: it may be of another realm than this module.
        if (typeof value === 'object' && value !== null) row[column] = Buffer.from(value as ArrayBuffer);
      }
    }
    return rows;
  }

  /** The first row of a query. */
  get(sql: string, ...params: readonly SqlValue[]): SqlRow | undefined {
    return this.all(sql, ...params)[0];
  }

  /** Runs a write and returns how many rows it changed. */
  run(sql: string, ...params: readonly SqlValue[]): number {
    return this.write(() =>
      this.#use(sql, (statement) => {
        if (statement.reader) throw new TypeError('A statement that returns rows must run through all().');
        return statement.run(checked(params)).changes;
      }),
    );
  }

  /** Runs `work` as one transaction: all of it or, when it throws, nothing. Inside another it joins in. */
  write<Result>(work: () => Result): Result {
    if (this.#writing) return work();
    this.#db.exec('BEGIN IMMEDIATE');
    this.#writing = true;
    try {
      const result = work();
      if (result instanceof Promise) throw new TypeError('A transaction must be synchronous.');
      this.#db.exec('COMMIT');
      return result;
    } catch (error) {
      if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
      throw error;
    } finally {
      this.#writing = false;
    }
  }

  /** Runs SQL that has no parameters and gives no rows: settings and migrations. */
  script(sql: string): void {
    this.#db.exec(sql);
  }

  /** Moves the write-ahead log into the file where nobody else is using it, and closes. */
  close(): void {
    this.#statements.clear();
    try {
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // Whoever opens the file next reads the log.
    }
    this.#db.close();
  }

  #use<Result>(sql: string, work: (statement: DriverStatement) => Result): Result {
    const statement = this.#statements.get(sql) ?? this.#db.prepare(sql);
    this.#statements.set(sql, statement);
    try {
      return work(statement);
    } catch (error) {
      // A statement that failed may be unfinished: it is left to the collector, which finishes it.
      this.#statements.delete(sql);
      throw error;
    }
  }
}

function checked(params: readonly SqlValue[]): readonly SqlValue[] {
  for (const param of params) if (!isBindable(param)) throw new TypeError('This value cannot be stored.');
  return params;
}

function isBindable(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\0');
  if (typeof value === 'number') return Number.isSafeInteger(value);
  return value === null || Buffer.isBuffer(value);
}
