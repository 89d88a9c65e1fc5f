import { type RecordState, type StoredToken, type TokenPage } from '../../token-store.port.js';
import { type Row } from './database.js';

/** A record as the statements of token-sql.ts read it. */
interface TokenRow {
  readonly generation: Buffer;
  readonly sealed: Buffer;
  readonly lane: Buffer;
  readonly due_at: number | null;
  /** A {@link Trouble} as JSON; null where the record is as a save left it. */
  readonly trouble: string | null;
}

type Trouble = readonly [
  state: RecordState,
  cause: string | null,
  failures: number,
  refusals: number,
  refusedSince: number | null,
  leaseOwner: string | null,
  leaseUntil: number | null,
  spending: boolean,
];

const none: Trouble = ['fresh', null, 0, 0, null, null, null, false];

/** A record as the reads of token-sql.ts pack it. */
interface PackedRow extends Pick<TokenRow, 'trouble'> {
  readonly packed: Buffer;
}

/** The record under `key`. */
export function recordOf(key: Buffer, row: Row): StoredToken {
  return storedOf(key, row as unknown as TokenRow);
}

const dueAtAt = 4;
const lengthsAt = 12;
const generationAt = 16;

/** The records under `keys`, out of what the reads of token-sql.ts pack. */
export function packedRecordsOf(keys: readonly Buffer[], rows: readonly Row[]): (StoredToken | undefined)[] {
  const records = new Array<StoredToken | undefined>(keys.length).fill(undefined);
  for (const row of rows) {
    const { packed, trouble } = row as unknown as PackedRow;
    const place = packed.readInt32BE(0) - 1;
    const laneAt = generationAt + packed.readInt16BE(lengthsAt);
    const sealedAt = laneAt + packed.readInt16BE(lengthsAt + 2);
    records[place] = storedOf(keys[place] as Buffer, {
      generation: packed.subarray(generationAt, laneAt),
      lane: packed.subarray(laneAt, sealedAt),
      sealed: packed.subarray(sealedAt),
      due_at: timeAt(packed),
      trouble,
    });
  }
  return records;
}

function timeAt(packed: Buffer): number | null {
  const high = packed.readInt32BE(dueAtAt);
  return high === -(2 ** 31) ? null : high * 2 ** 32 + packed.readUInt32BE(dueAtAt + 4);
}

function storedOf(key: Buffer, { generation, sealed, lane, due_at: dueAt, trouble }: TokenRow): StoredToken {
  const [state, cause, failures, refusals, refusedSince, owner, until, spending] =
    trouble === null ? none : (JSON.parse(trouble) as Trouble);
  return {
    key,
    generation,
    sealed,
    lane,
    state,
    cause,
    dueAt,
    failures,
    refusals,
    refusedSince,
    lease: owner !== null && until !== null ? { owner: Buffer.from(owner, 'hex'), until } : null,
    // Any save ends it, so it can be none but the one that is there.
    spending: spending ? generation : null,
  };
}

/** The record of a row that has its key in it. */
function keyedRecordOf(row: Row): StoredToken {
  return recordOf(row['key'] as Buffer, row);
}

/** The record of a row that `owner` has just claimed. */
export function claimedRecordOf(row: Row, owner: Buffer): StoredToken {
  return { ...keyedRecordOf(row), lease: { owner, until: row['lease_until'] as number } };
}

/** A page out of rows of which one more was asked for than fits. */
export function pageOf(rows: readonly Row[], limit: number): TokenPage {
  const records = rows.slice(0, limit).map(keyedRecordOf);
  return { records, next: rows.length > limit ? records.at(-1)?.key : undefined };
}

/** The row for each item of a statement about `count` of them; undefined where there is none. */
export function byPlace(rows: readonly Row[], count: number): readonly (Row | undefined)[] {
  const placed = new Array<Row | undefined>(count).fill(undefined);
  for (const row of rows) placed[(row['place'] as number) - 1] = row;
  return placed;
}
