interface Entry<T> {
  readonly value: T;
  readonly expiresAt: number | null;
}

/**
 * A map whose entries die at a time. A dead entry is never seen again; its memory is given back by a cursor
 * that looks at a few entries per write, so no call ever walks through all of them.
 */
export class ExpiringMap<T> {
  readonly #entries = new Map<string, Entry<T>>();
  #cursor: MapIterator<[string, Entry<T>]> | undefined;

  get(key: string, now: number): T | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && isAlive(entry, now) ? entry.value : undefined;
  }

  set(key: string, value: T, expiresAt: number | null, now: number): void {
    this.#entries.set(key, { value, expiresAt });
    // More than one per write, so that sweeping outpaces writing.
    this.#step(4, now);
  }

  /** Puts another value under a key that is there; its time stays. */
  replace(key: string, value: T): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#entries.set(key, { ...entry, value });
  }

  /** Everything that is alive. Walks through the whole map. */
  *alive(now: number): Generator<[string, T]> {
    for (const [key, entry] of this.#entries) if (isAlive(entry, now)) yield [key, entry.value];
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Drops at most `limit` dead entries and returns how many. Walks through the whole map. */
  sweep(limit: number, now: number): number {
    let dropped = 0;
    for (const [key, entry] of this.#entries) {
      if (dropped >= limit) break;
      if (!isAlive(entry, now)) {
        this.#entries.delete(key);
        dropped += 1;
      }
    }
    return dropped;
  }

  /** Entries in memory, dead ones that were not swept yet included. */
  get size(): number {
    return this.#entries.size;
  }

  #step(count: number, now: number): void {
    for (let i = 0; i < count; i += 1) {
      this.#cursor ??= this.#entries.entries();
      const { done, value } = this.#cursor.next();
      if (done === true) {
        this.#cursor = undefined;
        return;
      }
      if (!isAlive(value[1], now)) this.#entries.delete(value[0]);
    }
  }
}

function isAlive(entry: Entry<unknown>, now: number): boolean {
  return entry.expiresAt === null || entry.expiresAt > now;
}
