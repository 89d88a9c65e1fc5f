import { type StoredToken } from '../../token-store.port.js';
import { DueList } from './due-list.js';

/** A record and what the store alone knows of it. */
export interface MemoryRow {
  readonly record: StoredToken;
  readonly owner: Buffer | null;
  readonly writes: Buffer;
}

/** Rows by key, and beside them what an index is in a database: the keys of each owner, and what is due. */
export class MemoryRows {
  readonly #rows = new Map<string, MemoryRow>();
  readonly #owners = new Map<string, Set<string>>();
  readonly #lanes = new Map<string, DueList>();

  get(key: Buffer): MemoryRow | undefined {
    return this.#rows.get(text(key));
  }

  at(id: string): MemoryRow | undefined {
    return this.#rows.get(id);
  }

  ids(): Iterable<string> {
    return this.#rows.keys();
  }

  idsOf(owner: Buffer): Iterable<string> {
    return this.#owners.get(text(owner)) ?? [];
  }

  /** Rows of a lane that are due at `now`, longest due first. Rows must not be put while this is read. */
  *dueIn(lane: Buffer, now: number): Generator<MemoryRow> {
    for (const { id } of this.#lanes.get(text(lane))?.until(now) ?? []) {
      const row = this.#rows.get(id);
      if (row !== undefined) yield row;
    }
  }

  put(row: MemoryRow): void {
    const id = text(row.record.key);
    const old = this.#rows.get(id);
    this.#rows.set(id, row);
    if (old?.owner !== row.owner) {
      this.#disown(id, old);
      this.#own(id, row);
    }
    if (old?.record.dueAt !== row.record.dueAt || old.record.lane !== row.record.lane) {
      this.#unschedule(id, old);
      this.#schedule(id, row);
    }
  }

  delete(row: MemoryRow | undefined): void {
    if (row === undefined) return;
    const id = text(row.record.key);
    this.#rows.delete(id);
    this.#disown(id, row);
    this.#unschedule(id, row);
  }

  #own(id: string, { owner }: MemoryRow): void {
    if (owner === null) return;
    const owned = this.#owners.get(text(owner)) ?? new Set();
    this.#owners.set(text(owner), owned.add(id));
  }

  #disown(id: string, row: MemoryRow | undefined): void {
    if (row === undefined || row.owner === null) return;
    const owned = this.#owners.get(text(row.owner));
    owned?.delete(id);
    if (owned?.size === 0) this.#owners.delete(text(row.owner));
  }

  #schedule(id: string, { record: { dueAt, lane } }: MemoryRow): void {
    if (dueAt === null) return;
    const list = this.#lanes.get(text(lane)) ?? new DueList();
    this.#lanes.set(text(lane), list);
    list.add({ dueAt, id });
  }

  #unschedule(id: string, row: MemoryRow | undefined): void {
    if (row === undefined || row.record.dueAt === null) return;
    const lane = text(row.record.lane);
    const list = this.#lanes.get(lane);
    list?.delete({ dueAt: row.record.dueAt, id });
    if (list?.size === 0) this.#lanes.delete(lane);
  }
}

/** A key as a Map knows it: one character for each byte, so that texts sort as the bytes do. */
export function text(key: Buffer): string {
  return key.toString('latin1');
}
