import { dueAfter } from '../../lease.js';
import {
  type LeaseRequest,
  type ReplacingWrite,
  type Settlement,
  type SpendingMark,
  type StoredToken,
  type TokenWrite,
} from '../../token-store.port.js';
import { Batcher } from './batcher.js';
import { type Database, type Param, type Row } from './database.js';
import { byPlace, packedRecordsOf, recordOf } from './token-rows.js';
import { type tokenSql } from './token-sql.js';
import { column, type ColumnItem, type ColumnType } from './values.js';

/** A save over one generation. */
export interface FencedWrite extends TokenWrite {
  readonly expected: Buffer;
}

/** Whether a row was written; `waiting`: and somebody waits for that. */
export interface Written {
  readonly written: boolean;
  readonly waiting: boolean;
}

type Columns<Item> = readonly (readonly [ColumnType, (item: Item) => ColumnItem])[];

const mostRead = 64;
const mostWritten = 64;

const written: Columns<TokenWrite> = [
  ['bytea', ({ key }) => key],
  ['bytea', ({ writeId }) => writeId],
  ['bytea', ({ generation }) => generation],
  ['bytea', ({ sealed }) => sealed],
  ['bytea', ({ lane }) => lane],
];

const replacing: Columns<ReplacingWrite> = [
  ...written,
  ['bytea', ({ owner }) => owner],
  ['int8', ({ dueAt }) => dueAt],
];

const fenced: Columns<FencedWrite> = [
  ...written,
  ['bytea', ({ expected }) => expected],
  ['int8', ({ dueAt }) => dueAt],
];

const claiming: Columns<LeaseRequest> = [
  ['bytea', ({ key }) => key],
  ['bytea', ({ owner }) => owner],
  ['int8', ({ leaseMs }) => leaseMs],
];

const spending: Columns<SpendingMark> = [
  ['bytea', ({ key }) => key],
  ['bytea', ({ owner }) => owner],
  ['bytea', ({ generation }) => generation],
];

const settling: Columns<Settlement> = [
  ['bytea', ({ key }) => key],
  ['bytea', ({ owner }) => owner],
  ['bytea', ({ generation }) => generation],
  ['text', ({ change }) => change.state],
  ['text', ({ change }) => change.cause],
  ['int8', ({ change }) => change.failures],
  ['int8', ({ change }) => change.refusals],
  ['int8', ({ change }) => change.refusedSince],
  ['int8', ({ change }) => dueAfter(change)],
  ['bool', ({ change }) => change.spending === 'keep'],
];

/** What many callers ask for at once, each kind in statements they share. */
export class TokenBatches {
  readonly get: Batcher<Buffer, StoredToken | undefined>;
  readonly replace: Batcher<ReplacingWrite, Written>;
  readonly saveFirst: Batcher<ReplacingWrite, Written>;
  readonly saveIf: Batcher<FencedWrite, Written>;
  readonly claim: Batcher<LeaseRequest, StoredToken | undefined>;
  readonly markSpending: Batcher<SpendingMark, Written>;
  readonly settle: Batcher<Settlement, Written>;

  constructor(
    private readonly db: Database,
    private readonly sql: ReturnType<typeof tokenSql>,
  ) {
    this.get = new Batcher({ run: (keys) => this.#read(keys), largest: mostRead, atOnce: 2 });
    this.replace = this.#writer('replace', replacing, writtenOf);
    this.saveFirst = this.#writer('saveFirst', replacing, writtenOf);
    this.saveIf = this.#writer('saveIf', fenced, writtenOf);
    this.claim = this.#writer('claim', claiming, (row, { key }) => row && recordOf(key, row));
    this.markSpending = this.#writer('markSpending', spending, writtenOf);
    this.settle = this.#writer('settle', settling, writtenOf);
  }

  async #read(keys: readonly Buffer[]): Promise<readonly (StoredToken | undefined)[]> {
    const [only] = keys;
    const rows =
      keys.length === 1 && only !== undefined
        ? await this.db.read(this.sql.get, only)
        : await this.db.read(this.sql.getMany, column('bytea', keys));
    return packedRecordsOf(keys, rows);
  }

  #writer<Item, Result>(
    name: keyof typeof this.sql,
    columns: Columns<Item>,
    resultOf: (row: Row | undefined, item: Item) => Result,
  ): Batcher<Item, Result> {
    const run = async (items: readonly Item[]): Promise<readonly Result[]> => {
      const params: Param[] = columns.map(([type, of]) => column(type, items.map(of)));
      const rows = byPlace(await this.db.write(this.sql[name], ...params), items.length);
      return items.map((item, place) => resultOf(rows[place], item));
    };
    return new Batcher({ run, largest: mostWritten, atOnce: 1 });
  }
}

function writtenOf(row: Row | undefined): Written {
  return { written: row !== undefined, waiting: row?.['waiting'] === true };
}
