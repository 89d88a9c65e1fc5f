import type pg from 'pg';
import { asUnavailable, closedError, hasLostConnection, hasLostRace } from './failures.js';

/** A statement as it is prepared. */
export interface Statement {
  /** Unique among all statements of a connection. */
  readonly name: string;
  readonly text: string;
}

/** What a parameter may be. */
export type Param = Buffer | string | number | boolean | null;

/** A row as it comes back: what its columns hold is known to whoever wrote the statement. */
export type Row = Record<string, unknown>;

/**
 * The only door to the pool. Every statement commits by itself, so nothing is held from one round trip to the
 * next, and few connections serve many callers.
 */
export class Database {
  readonly #pool: pg.Pool;
  readonly #prepare: boolean;
  #underWay = 0;
  #allDone: (() => void) | undefined;
  #closing: Promise<void> | undefined;

  constructor(pool: pg.Pool, prepare: boolean) {
    this.#pool = pool;
    this.#prepare = prepare;
    // A connection that is cut says so here, more than once, whoever uses it; the pool replaces it.
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /**
   * Accepts work of one or more statements, which {@link close} waits for.
   *
   * @throws StoreUnavailableError when the database cannot answer, or was closed
   */
  accept<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#closing !== undefined) return Promise.reject(closedError());
    this.#underWay += 1;
    return work().then(
      (result) => {
        this.#done();
        return result;
      },
      (error: unknown) => {
        this.#done();
        throw asUnavailable(error);
      },
    );
  }

  /** Runs a statement that changes nothing, once more if the connection turns out to be gone. */
  async read(statement: Statement, ...params: readonly Param[]): Promise<Row[]> {
    try {
      return await this.#query(statement, params);
    } catch (error) {
      if (!hasLostConnection(error) && !hasLostRace(error)) throw error;
      return this.#query(statement, params);
    }
  }

  /** Runs a statement that may change something, once more only if it was certainly undone. */
  async write(statement: Statement, ...params: readonly Param[]): Promise<Row[]> {
    try {
      return await this.#query(statement, params);
    } catch (error) {
      if (!hasLostRace(error)) throw error;
      return this.#query(statement, params);
    }
  }

  /** Refuses new work, waits for what was accepted, and lets go of the connections. */
  close(): Promise<void> {
    this.#closing ??= this.#finish();
    return this.#closing;
  }

  async #finish(): Promise<void> {
    if (this.#underWay > 0) await new Promise<void>((resolve) => (this.#allDone = resolve));
    await this.#pool.end();
  }

  #done(): void {
    this.#underWay -= 1;
    if (this.#underWay === 0) this.#allDone?.();
  }

  #query({ name, text }: Statement, params: readonly Param[]): Promise<Row[]> {
    const values = [...params];
    return this.#pool.query<Row>(this.#prepare ? { name, text, values } : { text, values }).then(rowsOf);
  }
}

function rowsOf({ rows }: { readonly rows: Row[] }): Row[] {
  return rows;
}
