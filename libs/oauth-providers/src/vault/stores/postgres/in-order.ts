/**
 * Runs what concerns the same key one after the other, in the order it was asked for, and everything else at once.
 * So the writes of this process to one row never wait for each other inside the database, where each of them would
 * hold a connection.
 */
export class InOrder {
  readonly #last = new Map<string, Promise<unknown>>();

  run<Result>(key: Buffer, work: () => Promise<Result>): Promise<Result> {
    const name = key.toString('latin1');
    const before = this.#last.get(name);
    const mine = before === undefined ? work() : before.then(work, work);
    this.#last.set(name, mine);
    const settled = (): void => {
      if (this.#last.get(name) === mine) this.#last.delete(name);
    };
    mine.then(settled, settled);
    return mine;
  }
}
