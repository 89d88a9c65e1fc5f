import { type StoredToken } from '../../token-store.port.js';
import { type DueEntry, DueList } from './due-list.js';

/** A record and what the store alone knows of it. */
export interface MemoryRow {
  readonly record: StoredToken;
  readonly owner: Buffer | null;
  readonly writes: Buffer;
}

/** A row in its place, where claims find and change it without looking it up. */
export interface Placed {
  row: MemoryRow;
  due: DueEntry<Placed> | undefined;
}

/** Rows by key, and beside them what an index is in a database: the keys of each owner, and what is due. */
export class MemoryRows {
  readonly #rows = new Map<string, Placed>();
  readonly #owners = new Map<string, Set<string>>();
  readonly #lanes = new Map<string, DueList<Placed>>();

  get(key: Buffer): MemoryRow | undefined {
    return this.at(text(key));
  }

  at(id: string): MemoryRow | undefined {
    return this.#rows.get(id)?.row;
  }

  ids(): Iterable<string> {
    return this.#rows.keys();
  }

  idsOf(owner: Buffer): Iterable<string> {
    return this.#owners.get(text(owner)) ?? [];
  }

  /** Rows of a lane that are due at `now`, longest due first. Rows must not be put while this is read. */
  dueIn(lane: Buffer, now: number): Iterable<Placed> {
    return this.#lanes.get(text(lane))?.until(now) ?? [];
  }

  put(row: MemoryRow): void {
    const id = text(row.record.key);
    const placed = this.#rows.get(id);
    if (placed === undefined) {
      const added = { row, due: undefined };
      this.#rows.set(id, added);
      this.#own(id, row);
      this.#schedule(id, added);
      return;
    }
    const old = placed.row;
    placed.row = row;
    if (old.owner !== row.owner) {
      this.#disown(id, old);
      this.#own(id, row);
    }
    if (old.record.dueAt !== row.record.dueAt || old.record.lane !== row.record.lane) {
      this.#unschedule(old, placed);
      this.#schedule(id, placed);
    }
  }

  delete(row: MemoryRow | undefined): void {
    if (row === undefined) return;
    const id = text(row.record.key);
    const placed = this.#rows.get(id);
    this.#rows.delete(id);
    this.#disown(id, row);
    if (placed !== undefined) this.#unschedule(row, placed);
  }

  #own(id: string, { owner }: MemoryRow): void {
    if (owner === null) return;
    const owned = this.#owners.get(text(owner)) ?? new Set();
    this.#owners.set(text(owner), owned.add(id));
  }

  #disown(id: string, row: MemoryRow): void {
    if (row.owner === null) return;
    const owned = this.#owners.get(text(row.owner));
    owned?.delete(id);
    if (owned?.size === 0) this.#owners.delete(text(row.owner));
  }

  #schedule(id: string, placed: Placed): void {
    const { dueAt, lane } = placed.row.record;
    if (dueAt === null) return;
    const list = this.#lanes.get(text(lane)) ?? new DueList();
    this.#lanes.set(text(lane), list);
    placed.due = list.add(dueAt, id, placed);
  }

  #unschedule({ record }: MemoryRow, placed: Placed): void {
    if (placed.due === undefined) return;
    const lane = text(record.lane);
    const list = this.#lanes.get(lane);
    list?.delete(placed.due);
    placed.due = undefined;
    if (list?.size === 0) this.#lanes.delete(lane);
  }
}

/** A key as a Map knows it: one character for each byte, so that texts sort as the bytes do. */
export function text(key: Buffer): string {
  return key.toString('latin1');
}
