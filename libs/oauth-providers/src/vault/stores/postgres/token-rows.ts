import { type RecordState, type StoredToken, type TokenPage } from '../../token-store.port.js';
import { type Row } from './database.js';

/** A record as the statements of token-sql.ts read it. */
interface TokenRow {
  readonly generation: Buffer;
  readonly sealed: Buffer;
  readonly lane: Buffer;
  readonly state: RecordState;
  readonly cause: string | null;
  readonly due_at: number | null;
  readonly failures: number;
  readonly refusals: number;
  readonly refused_since: number | null;
  readonly lease_owner: Buffer | null;
  readonly lease_until: number | null;
  readonly spending: boolean;
}

/** The record under `key`. */
export function recordOf(key: Buffer, row: Row): StoredToken {
  const stored = row as unknown as TokenRow;
  const { lease_owner: owner, lease_until: until } = stored;
  return {
    key,
    generation: stored.generation,
    sealed: stored.sealed,
    lane: stored.lane,
    state: stored.state,
    cause: stored.cause,
    dueAt: stored.due_at,
    failures: stored.failures,
    refusals: stored.refusals,
    refusedSince: stored.refused_since,
    lease: owner !== null && until !== null ? { owner, until } : null,
    // Any save ends it, so it can be none but the one that is there.
    spending: stored.spending ? stored.generation : null,
  };
}

/** The record of a row that has its key in it. */
export function keyedRecordOf(row: Row): StoredToken {
  return recordOf(row['key'] as Buffer, row);
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
