import { StoreUnavailableError } from '../../store-errors.js';
import { type GuardedConnection } from './guard.js';
import { isBusy, retryBusy, sqliteCode } from './retry-busy.js';

interface Job {
  run(): void;
  settle(): void;
  fail(error: unknown): void;
}

/** Bounds how long one transaction holds the event loop. */
const largestBatch = 128;

/**
 * For how many turns of the event loop a batch is open. Turns in which nothing happens take a few microseconds, a small
 * part of the wait for the disk; those of a busy process bring more writes, which then share that wait. More turns save
 * more CPU under load, and let each write wait longer.
 */
const openTurns = 3;

/**
 * Runs writes of many callers in shared transactions: one wait for the disk serves all that came in the
 * meantime. Nobody is told that a write took place before the disk has it.
 */
export class WorkQueue {
  readonly #connection: GuardedConnection;
  #jobs: Job[] = [];
  #working: Promise<void> | undefined;
  #closed = false;

  constructor(connection: GuardedConnection) {
    this.#connection = connection;
  }

  /**
   * Runs `work` inside a transaction. It may run more than once, each time after all it did was undone.
   *
   * @throws StoreUnavailableError when SQLite fails
   */
  write<Result>(work: (connection: GuardedConnection) => Result): Promise<Result> {
    if (this.#closed) return Promise.reject(closedError());
    return new Promise<Result>((resolve, reject) => {
      let result: Result;
      this.#jobs.push({
        run: () => (result = work(this.#connection)),
        settle: () => resolve(result),
        fail: (error) => {
          reject(wrapped(error));
        },
      });
      this.#working ??= this.#work();
    });
  }

  /**
   * Reads at once, outside of any transaction: readers of a write-ahead log wait for nobody.
   *
   * @throws StoreUnavailableError when SQLite fails
   */
  read<Result>(work: (connection: GuardedConnection) => Result): Promise<Result> {
    if (this.#closed) return Promise.reject(closedError());
    try {
      return Promise.resolve(work(this.#connection));
    } catch (error) {
      return Promise.reject(wrapped(error));
    }
  }

  /** Refuses new work and waits for what was accepted. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#working;
  }

  async #work(): Promise<void> {
    while (this.#jobs.length > 0) {
      // At least one, however many are waiting: between two transactions everything else has its turn.
      let turns = 0;
      do {
        await new Promise((resolve) => setImmediate(resolve));
        turns += 1;
      } while (turns < openTurns && this.#jobs.length < largestBatch);
      await this.#commit(this.#jobs.splice(0, largestBatch));
    }
    this.#working = undefined;
  }

  async #commit(batch: readonly Job[]): Promise<void> {
    try {
      await retryBusy(() => {
        this.#connection.write(() => {
          for (const job of batch) job.run();
        });
      });
      for (const job of batch) job.settle();
    } catch (error) {
      // Whoever holds the database for so long holds it for each of them.
      if (batch.length === 1 || isBusy(error)) {
        for (const job of batch) job.fail(error);
        return;
      }
      // One of them broke the transaction of all: apart, only that one fails.
      for (const job of batch) await this.#commit([job]);
    }
  }
}

function wrapped(error: unknown): Error {
  const code = sqliteCode(error);
  if (code !== undefined) return new StoreUnavailableError('sqlite', code, error);
  return error instanceof Error ? error : new Error('A write failed.', { cause: error });
}

function closedError(): StoreUnavailableError {
  return new StoreUnavailableError('sqlite', 'CLOSED');
}
