import { isSettled } from '../../lease.js';
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
import { type Database, type Row } from './database.js';
import { InOrder } from './in-order.js';
import { TokenBatches, type Written } from './token-batches.js';
import { claimedRecordOf, pageOf } from './token-rows.js';
import { tokenSql } from './token-sql.js';

/** Before every key. */
const start = Buffer.alloc(0);

/** Told of a record that was changed while somebody waited for that. */
export type Changed = (key: Buffer) => void;

/** Token records as rows. */
export class PostgresTokens implements TokenStore {
  readonly #sql: ReturnType<typeof tokenSql>;
  readonly #batches: TokenBatches;
  readonly #inOrder = new InOrder();

  constructor(
    private readonly db: Database,
    schema: string,
    private readonly changed: Changed,
  ) {
    this.#sql = tokenSql(schema);
    this.#batches = new TokenBatches(db, this.#sql);
  }

  now(): Promise<number> {
    return this.db.accept(async () => (await this.db.read(this.#sql.now))[0]?.['now'] as number);
  }

  get(key: Buffer): Promise<StoredToken | undefined> {
    return this.db.accept(() => this.#batches.get.add(key));
  }

  replace(write: ReplacingWrite): Promise<SaveOutcome> {
    return this.#save(write, () => this.#batches.replace.add(write));
  }

  saveIf(write: TokenWrite, expected: Buffer): Promise<SaveOutcome> {
    return this.#save(write, () => this.#batches.saveIf.add({ ...write, expected }));
  }

  saveFirst(write: ReplacingWrite): Promise<SaveOutcome> {
    return this.#save(write, () => this.#batches.saveFirst.add(write));
  }

  remove({ key, writeId, tombstoneMs }: TokenRemoval): Promise<void> {
    return this.#change(key, async () => {
      this.#tell(key, (await this.db.write(this.#sql.remove, key, writeId, tombstoneMs))[0]);
    });
  }

  list(owner: Buffer, limit: number, after = start): Promise<TokenPage> {
    // One more than asked for tells whether there is another page.
    return this.db.accept(async () =>
      pageOf(await this.db.read(this.#sql.list, owner, after, limit + 1), limit),
    );
  }

  claim(request: LeaseRequest): Promise<ClaimOutcome> {
    return this.#change(request.key, async () => {
      const record = await this.#batches.claim.add(request);
      if (record !== undefined) return { claimed: true, record };
      return { claimed: false, record: await this.#batches.get.add(request.key) };
    });
  }

  claimDue({ lane, owner, leaseMs, limit, spending }: DueRequest): Promise<readonly StoredToken[]> {
    return this.db.accept(async () => {
      if (limit <= 0) return [];
      const rows = await this.db.write(this.#sql.claimDue, lane, owner, leaseMs, limit, spending);
      // RETURNING knows no order.
      return rows.map((row) => claimedRecordOf(row, owner)).sort((a, b) => (a.dueAt ?? 0) - (b.dueAt ?? 0));
    });
  }

  markSpending(mark: SpendingMark): Promise<boolean> {
    return this.#change(mark.key, async () => (await this.#batches.markSpending.add(mark)).written);
  }

  unmarkSpending({ key, owner, generation }: SpendingMark): Promise<void> {
    return this.#change(key, async () => {
      await this.db.write(this.#sql.unmarkSpending, key, generation, owner);
    });
  }

  settle(settlement: Settlement): Promise<boolean> {
    const { key, owner, generation, change } = settlement;
    return this.#change(key, async () => {
      const { written, waiting } = await this.#batches.settle.add(settlement);
      if (waiting) this.changed(key);
      if (written || owner === null) return written;
      const record = await this.#batches.get.add(key);
      return record?.generation.equals(generation) === true && isSettled(record, change);
    });
  }

  release({ key, owner }: LeaseHolder): Promise<void> {
    return this.#change(key, async () => {
      this.#tell(key, (await this.db.write(this.#sql.release, key, owner))[0]);
    });
  }

  due({ lane }: { readonly lane: Buffer }): Promise<Backlog> {
    return this.db.accept(async () => {
      const [row] = await this.db.read(this.#sql.due, lane, largestBacklog);
      const { count, oldest } = row as unknown as Backlog;
      return { count: Math.min(count, largestBacklog), oldest };
    });
  }

  page({ after = start, limit }: PageRequest): Promise<TokenPage> {
    return this.db.accept(async () => pageOf(await this.db.read(this.#sql.page, after, limit + 1), limit));
  }

  reseal({ key, generation, sealed }: Resealing): Promise<boolean> {
    return this.#change(key, async () =>
      isOne(await this.db.write(this.#sql.reseal, key, generation, sealed)),
    );
  }

  /** Whose turn it is waits for nobody, so that one who is alone pays nothing for it. */
  #change<Result>(key: Buffer, work: () => Promise<Result>): Promise<Result> {
    return this.db.accept(() => this.#inOrder.run(key, work));
  }

  #save({ key, generation }: TokenWrite, put: () => Promise<Written>): Promise<SaveOutcome> {
    return this.#change(key, async () => {
      const { written, waiting } = await put();
      if (waiting) this.changed(key);
      if (written) return { saved: true };
      // Generations never repeat: if this one is there, the write was a repeat of one that took place.
      const current = await this.#batches.get.add(key);
      return current?.generation.equals(generation) === true ? { saved: true } : { saved: false, current };
    });
  }

  #tell(key: Buffer, row: Row | undefined): void {
    if (row?.['waiting'] === true) this.changed(key);
  }
}

function isOne(rows: readonly Row[]): boolean {
  return rows.length === 1;
}
