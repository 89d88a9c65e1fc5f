import { type Clock } from '../../../core/ports.js';
import { decide, type FencedRow, remember } from '../../fence.js';
import { dueAfter, isSettled } from '../../lease.js';
import {
  type Backlog,
  type ClaimOutcome,
  type DueRequest,
  largestBacklog,
  type Lease,
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
import { type SqlRow } from './driver.js';
import { type GuardedConnection } from './guard.js';
import { packedSizes, tokenSql } from './token-sql.js';
import { type WorkQueue } from './work-queue.js';

/** Before every key. */
const start = Buffer.alloc(0);

const semicolon = 0x3b;

/** A row as {@link tokenSql} reads it. */
interface Row extends Omit<StoredToken, 'lease'> {
  readonly leaseOwner: Buffer | null;
  readonly leaseUntil: number | null;
}

/** A row that is due; `packed` is null where there is more to say than fits in there. */
interface DueRow {
  readonly id: number;
  readonly key: Buffer;
  readonly packed: Buffer | null;
}

/** Token records as rows. */
export class SqliteTokens implements TokenStore {
  constructor(
    private readonly queue: WorkQueue,
    private readonly clock: Clock,
  ) {}

  now(): Promise<number> {
    return Promise.resolve(this.clock.now());
  }

  get(key: Buffer): Promise<StoredToken | undefined> {
    return this.queue.read((db) => find(db, key));
  }

  replace(write: ReplacingWrite): Promise<SaveOutcome> {
    return this.#put(tokenSql.replace, write);
  }

  saveIf(write: TokenWrite, expectedGeneration: Buffer): Promise<SaveOutcome> {
    const { key, writeId, generation, sealed, lane, dueAt } = write;
    const values = [generation, sealed, lane, dueAt, writeId, key, expectedGeneration] as const;
    return this.queue.write((db) => {
      // Generations never come back, so one that is still there has seen no write of this id.
      if (db.run(tokenSql.renew, ...values) === 1) return { saved: true };
      const row = db.get(tokenSql.fence, key, this.clock.now()) as FencedRow | undefined;
      const repeated = decide(row, writeId, expectedGeneration) === 'repeat';
      if (repeated && row?.generation?.equals(generation) === true) return { saved: true };
      return { saved: false, current: find(db, key) };
    });
  }

  saveFirst(write: ReplacingWrite): Promise<SaveOutcome> {
    return this.#put(tokenSql.saveFirst, write);
  }

  remove({ key, writeId, tombstoneMs }: TokenRemoval): Promise<void> {
    return this.queue.write((db) => {
      const now = this.clock.now();
      const row = db.get(tokenSql.fence, key, now) as FencedRow | undefined;
      if (decide(row, writeId) === 'repeat') return;
      db.run(tokenSql.remove, key, remember(row?.writes, writeId), now + tombstoneMs);
      db.run(tokenSql.forget, now);
    });
  }

  list(owner: Buffer, limit: number, after = start): Promise<TokenPage> {
    // One more than asked for tells whether there is another page.
    return this.queue.read((db) => pageOf(db.all(tokenSql.list, owner, after, limit + 1), limit));
  }

  claim({ key, owner, leaseMs }: LeaseRequest): Promise<ClaimOutcome> {
    return this.queue.write((db) => {
      const now = this.clock.now();
      const [row] = db.all(tokenSql.claim, owner, now + leaseMs, key, now, owner);
      if (row === undefined) return { claimed: false, record: find(db, key) };
      return { claimed: true, record: recordOf(key, row) };
    });
  }

  claimDue({ lane, owner, leaseMs, limit, spending }: DueRequest): Promise<readonly StoredToken[]> {
    return this.queue.write((db) => {
      const now = this.clock.now();
      const lease = { owner, until: now + leaseMs };
      // To SQLite a limit below nothing is none.
      const rows = db.all(tokenSql.findDue, lane, now, now, Math.max(0, limit)) as unknown as DueRow[];
      if (rows.length === 0) return [];
      const records = rows.flatMap(({ key, packed }): StoredToken[] => {
        if (packed !== null) return [freshOf(key, packed, lease)];
        const record = find(db, key);
        return record === undefined ? [] : [{ ...record, lease }];
      });
      const ids = JSON.stringify(rows.map(({ id }) => id));
      db.run(spending ? tokenSql.spendFound : tokenSql.leaseFound, owner, lease.until, ids);
      return records;
    });
  }

  markSpending({ key, owner, generation }: SpendingMark): Promise<boolean> {
    return this.#changesOne((db) => db.run(tokenSql.markSpending, key, generation, owner, this.clock.now()));
  }

  async unmarkSpending({ key, owner, generation }: SpendingMark): Promise<void> {
    await this.queue.write((db) => db.run(tokenSql.unmarkSpending, key, generation, owner));
  }

  settle({ key, owner, generation, change }: Settlement): Promise<boolean> {
    const { state, cause, failures, refusals, refusedSince, spending } = change;
    const counts = [failures, refusals, refusedSince, dueAfter(change)] as const;
    const values = [state, cause, ...counts, spending, key, generation] as const;
    return this.queue.write((db) => {
      if (owner === null) return db.run(tokenSql.settleFree, ...values, this.clock.now()) === 1;
      if (db.run(tokenSql.settleHeld, ...values, owner) === 1) return true;
      const record = find(db, key);
      return record?.generation.equals(generation) === true && isSettled(record, change);
    });
  }

  async release({ key, owner }: LeaseHolder): Promise<void> {
    await this.queue.write((db) => db.run(tokenSql.release, key, owner));
  }

  due({ lane }: { readonly lane: Buffer }): Promise<Backlog> {
    const now = this.clock.now();
    return this.queue.read((db) => {
      const [backlog] = db.all(tokenSql.due, lane, now, now, largestBacklog);
      return backlog as unknown as Backlog;
    });
  }

  page({ after = start, limit }: PageRequest): Promise<TokenPage> {
    return this.queue.read((db) => pageOf(db.all(tokenSql.page, after, limit + 1), limit));
  }

  reseal({ key, generation, sealed }: Resealing): Promise<boolean> {
    return this.#changesOne((db) => db.run(tokenSql.reseal, sealed, key, generation));
  }

  async #changesOne(work: (db: GuardedConnection) => number): Promise<boolean> {
    return (await this.queue.write(work)) === 1;
  }

  #put(sql: string, write: ReplacingWrite): Promise<SaveOutcome> {
    const { key, writeId, owner, generation, sealed, lane, dueAt } = write;
    const values = [owner, generation, sealed, lane, dueAt, writeId, key] as const;
    return this.queue.write((db) => {
      const now = this.clock.now();
      if (db.run(sql, ...values, now, now) === 1) return { saved: true };
      // Generations never repeat: if this one is there, the write was a repeat of one that took place.
      const current = find(db, key);
      return current?.generation.equals(generation) === true ? { saved: true } : { saved: false, current };
    });
  }
}

function find(db: GuardedConnection, key: Buffer): StoredToken | undefined {
  const untroubled = db.get(tokenSql.getUntroubled, key);
  if (untroubled !== undefined) return freshOf(key, untroubled['packed'] as Buffer);
  const row = db.get(tokenSql.get, key);
  return row && recordOf(key, row);
}

function pageOf(rows: readonly SqlRow[], limit: number): TokenPage {
  const records = rows.slice(0, limit).map(keyedRecordOf);
  return { records, next: rows.length > limit ? records.at(-1)?.key : undefined };
}

function keyedRecordOf(row: SqlRow): StoredToken {
  return recordOf(row['key'] as Buffer, row);
}

// Both field by field: spreading a row would cost as much as reading several columns.

const laneAt = packedSizes.generation;
const dueAtAt = laneAt + packedSizes.lane;

function freshOf(key: Buffer, packed: Buffer, lease: Lease | null = null): StoredToken {
  const dueEnd = packed.indexOf(semicolon, dueAtAt);
  return {
    key,
    generation: packed.subarray(0, laneAt),
    sealed: packed.subarray(dueEnd + 1),
    lane: packed.subarray(laneAt, dueAtAt),
    state: 'fresh',
    cause: null,
    dueAt: dueEnd === dueAtAt ? null : Number(packed.toString('latin1', dueAtAt, dueEnd)),
    failures: 0,
    refusals: 0,
    refusedSince: null,
    lease,
    spending: null,
  };
}

function recordOf(key: Buffer, row: SqlRow): StoredToken {
  const stored = row as unknown as Row;
  const { leaseOwner: owner, leaseUntil: until } = stored;
  return {
    key,
    generation: stored.generation,
    sealed: stored.sealed,
    lane: stored.lane,
    state: stored.state,
    cause: stored.cause,
    dueAt: stored.dueAt,
    failures: stored.failures,
    refusals: stored.refusals,
    refusedSince: stored.refusedSince,
    lease: owner !== null && until !== null ? { owner, until } : null,
    spending: stored.spending,
  };
}
