import { type Clock } from '../../../core/ports.js';
import { decide, type Expectation, remember } from '../../fence.js';
import { dueAfter, holds, isLive, isSettled, mayClaim, maySettle } from '../../lease.js';
import {
  type Backlog,
  type ClaimOutcome,
  type DueRequest,
  largestBacklog,
  type LeaseHolder,
  type LeaseRequest,
  type PageRequest,
  type ReplacingWrite,
  type Resealing,
  type SaveOutcome,
  type Settlement,
  type SpendingMark,
  type StoredToken,
  type TokenPage,
  type TokenRemoval,
  type TokenStore,
  type TokenWrite,
} from '../../token-store.port.js';
import { ExpiringMap } from './expiring-map.js';
import { type MemoryRow, MemoryRows, type Placed, text } from './memory-rows.js';

/** Token records in a Map. Each method does its work in one piece, so nothing ever comes in between. */
export class MemoryTokens implements TokenStore {
  readonly #rows = new MemoryRows();
  /** What a removed record still remembers: its writes. */
  readonly #tombstones = new ExpiringMap<Buffer>();

  constructor(private readonly clock: Clock) {}

  now(): Promise<number> {
    return Promise.resolve(this.clock.now());
  }

  get(key: Buffer): Promise<StoredToken | undefined> {
    return Promise.resolve(this.#rows.get(key)?.record);
  }

  replace(write: ReplacingWrite): Promise<SaveOutcome> {
    return Promise.resolve(this.#save(write, 'anything', write.owner));
  }

  saveIf(write: TokenWrite, expectedGeneration: Buffer): Promise<SaveOutcome> {
    const owner = this.#rows.get(write.key)?.owner ?? null;
    return Promise.resolve(this.#save(write, expectedGeneration, owner));
  }

  saveFirst(write: ReplacingWrite): Promise<SaveOutcome> {
    return Promise.resolve(this.#save(write, 'nothing', write.owner));
  }

  remove({ key, writeId, tombstoneMs }: TokenRemoval): Promise<void> {
    const id = text(key);
    const now = this.clock.now();
    const row = this.#rows.get(key);
    const writes = row?.writes ?? this.#tombstones.get(id, now);
    const verdict = decide(writes && { generation: null, writes }, writeId);
    if (verdict === 'write') {
      this.#rows.delete(row);
      this.#tombstones.set(id, remember(writes, writeId), now + tombstoneMs, now);
    }
    return Promise.resolve();
  }

  list(owner: Buffer, limit: number, after?: Buffer): Promise<TokenPage> {
    return Promise.resolve(this.#page(this.#rows.idsOf(owner), limit, after));
  }

  claim({ key, owner, leaseMs }: LeaseRequest): Promise<ClaimOutcome> {
    const now = this.clock.now();
    const row = this.#rows.get(key);
    if (row === undefined || !mayClaim(row.record.lease, owner, now)) {
      return Promise.resolve({ claimed: false, record: row?.record });
    }
    return Promise.resolve({ claimed: true, record: this.#lease(row, owner, now + leaseMs) });
  }

  claimDue({ lane, owner, leaseMs, limit, spending }: DueRequest): Promise<readonly StoredToken[]> {
    const now = this.clock.now();
    const records: StoredToken[] = [];
    for (const placed of this.#due(lane, now)) {
      if (records.length >= limit) break;
      // In its place: a lease changes neither whose a record is nor when it is due.
      const record = leased(placed.row.record, owner, now + leaseMs);
      placed.row = { ...placed.row, record: spending ? { ...record, spending: record.generation } : record };
      // With the mark as it was before.
      records.push(record);
    }
    return Promise.resolve(records);
  }

  markSpending({ key, owner, generation }: SpendingMark): Promise<boolean> {
    return this.#update(key, generation, (record) =>
      holds(record.lease, owner, this.clock.now()) ? { ...record, spending: record.generation } : undefined,
    );
  }

  async unmarkSpending({ key, owner, generation }: SpendingMark): Promise<void> {
    await this.#update(key, generation, (record) =>
      maySettle(record.lease, owner, this.clock.now()) ? { ...record, spending: null } : undefined,
    );
  }

  settle({ key, owner, generation, change }: Settlement): Promise<boolean> {
    return this.#update(key, generation, (record) => {
      if (owner !== null && isSettled(record, change)) return record;
      if (!maySettle(record.lease, owner, this.clock.now())) return undefined;
      const { state, cause, failures, refusals, refusedSince } = change;
      const spending = change.spending === 'clear' ? null : record.spending;
      const dueAt = dueAfter(change);
      return { ...record, state, cause, failures, refusals, refusedSince, dueAt, spending, lease: null };
    });
  }

  async release({ key, owner }: LeaseHolder): Promise<void> {
    await this.#update(key, undefined, (record) =>
      record.lease?.owner.equals(owner) === true ? { ...record, lease: null } : undefined,
    );
  }

  due({ lane }: { readonly lane: Buffer }): Promise<Backlog> {
    let count = 0;
    let oldest: number | null = null;
    for (const { row } of this.#due(lane, this.clock.now())) {
      oldest ??= row.record.dueAt;
      count += 1;
      if (count >= largestBacklog) break;
    }
    return Promise.resolve({ count, oldest });
  }

  page({ after, limit }: PageRequest): Promise<TokenPage> {
    return Promise.resolve(this.#page(this.#rows.ids(), limit, after));
  }

  reseal({ key, generation, sealed }: Resealing): Promise<boolean> {
    return this.#update(key, generation, (record) => ({ ...record, sealed: copy(sealed) }));
  }

  /** Changes what is not a token set; `change` gives undefined to leave it. */
  #update(
    key: Buffer,
    generation: Buffer | undefined,
    change: (record: StoredToken) => StoredToken | undefined,
  ): Promise<boolean> {
    const row = this.#rows.get(key);
    if (row === undefined || generation?.equals(row.record.generation) === false) {
      return Promise.resolve(false);
    }
    const record = change(row.record);
    if (record !== undefined) this.#rows.put({ ...row, record });
    return Promise.resolve(record !== undefined);
  }

  #lease(row: MemoryRow, owner: Buffer, until: number): StoredToken {
    const record = leased(row.record, owner, until);
    this.#rows.put({ ...row, record });
    return record;
  }

  *#due(lane: Buffer, now: number): Generator<Placed> {
    for (const placed of this.#rows.dueIn(lane, now)) {
      if (!isLive(placed.row.record.lease, now)) yield placed;
    }
  }

  #page(ids: Iterable<string>, limit: number, after: Buffer | undefined): TokenPage {
    const rest = [...ids].sort().filter((id) => after === undefined || id > text(after));
    const records = rest.slice(0, limit).flatMap((id) => this.#rows.at(id)?.record ?? []);
    return { records, next: rest.length > limit ? records.at(-1)?.key : undefined };
  }

  #save(write: TokenWrite, expected: Expectation, owner: Buffer | null): SaveOutcome {
    const id = text(write.key);
    const row = this.#rows.get(write.key);
    const writes = row?.writes ?? this.#tombstones.get(id, this.clock.now());
    const verdict = decide(
      writes && { generation: row?.record.generation ?? null, writes },
      write.writeId,
      expected,
    );
    if (verdict !== 'write') {
      const saved = verdict === 'repeat' && row?.record.generation.equals(write.generation) === true;
      return saved ? { saved } : { saved, current: row?.record };
    }
    this.#tombstones.delete(id);
    this.#rows.put({
      record: fresh(write),
      owner: owner && copy(owner),
      writes: copy(remember(writes, write.writeId)),
    });
    return { saved: true };
  }
}

function fresh({ key, generation, sealed, lane, dueAt }: TokenWrite): StoredToken {
  return {
    key: copy(key),
    generation: copy(generation),
    sealed: copy(sealed),
    lane: copy(lane),
    state: 'fresh',
    cause: null,
    dueAt,
    failures: 0,
    refusals: 0,
    refusedSince: null,
    lease: null,
    spending: null,
  };
}

function leased(record: StoredToken, owner: Buffer, until: number): StoredToken {
  return { ...record, lease: { owner: copy(owner), until } };
}

/** A copy of its own: a slice of Node's shared pool would keep 8 kB alive for a few bytes. */
function copy(bytes: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}
