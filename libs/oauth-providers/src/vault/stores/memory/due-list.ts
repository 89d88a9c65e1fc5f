/** A record's place among those that are due some time. */
export interface DueEntry {
  readonly dueAt: number;
  readonly id: string;
}

/** What is due and when, in order: looking at what is due costs what is due, however much is stored. */
export class DueList {
  readonly #entries: DueEntry[] = [];

  add(entry: DueEntry): void {
    this.#entries.splice(this.#place(entry), 0, entry);
  }

  delete(entry: DueEntry): void {
    const at = this.#place(entry);
    if (this.#entries[at]?.id === entry.id) this.#entries.splice(at, 1);
  }

  /** What is due at `now`, longest due first. */
  *until(now: number): Generator<DueEntry> {
    for (const entry of this.#entries) {
      if (entry.dueAt > now) return;
      yield entry;
    }
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Index of the first entry that is not before `entry`. */
  #place(entry: DueEntry): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBefore(this.#entries[middle], entry)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isBefore(a: DueEntry | undefined, b: DueEntry): boolean {
  if (a === undefined) return false;
  return a.dueAt === b.dueAt ? a.id < b.id : a.dueAt < b.dueAt;
}
