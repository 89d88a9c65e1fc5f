import { mayBeOfOne } from './failures.js';

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** How a {@link Batcher} works. */
export interface Batching<Item, Result> {
  /** Does all of it in one statement, and gives a result for each item in their order. */
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>;
  /** How many items a statement may be about. */
  readonly largest: number;
  /** How many statements may be under way. */
  readonly atOnce: number;
}

/**
 * Lets callers share statements: what comes while one is under way goes into the next. Who comes alone waits for
 * nobody, for no timer either.
 */
export class Batcher<Item, Result> {
  #waiting: Waiting<Item, Result>[] = [];
  #underWay = 0;
  #woken = false;

  constructor(private readonly batching: Batching<Item, Result>) {}

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#wake();
    });
  }

  #wake(): void {
    if (this.#woken || this.#underWay >= this.batching.atOnce) return;
    this.#woken = true;
    // Whoever asks in the same breath joins in.
    queueMicrotask(() => {
      this.#woken = false;
      this.#start();
    });
  }

  #start(): void {
    while (this.#waiting.length > 0 && this.#underWay < this.batching.atOnce) {
      void this.#send(this.#waiting.splice(0, this.batching.largest));
    }
  }

  async #send(batch: readonly Waiting<Item, Result>[]): Promise<void> {
    this.#underWay += 1;
    try {
      const results = await this.batching.run(batch.map(({ item }) => item));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
    } catch (error) {
      await this.#fail(batch, error);
    }
    this.#underWay -= 1;
    if (this.#waiting.length > 0) this.#wake();
  }

  async #fail(batch: readonly Waiting<Item, Result>[], error: unknown): Promise<void> {
    if (batch.length === 1 || !mayBeOfOne(error)) {
      for (const { reject } of batch) reject(error);
      return;
    }
    // One of them broke the statement of all: apart, only that one fails.
    for (const { item, resolve, reject } of batch) {
      await this.batching.run([item]).then(([result]) => resolve(result as Result), reject);
    }
  }
}
