import { rememberedWrites, writeIdBytes } from '../../token-store.port.js';

// A point read leaves out the key it was given: each BLOB of a row costs as much as finding the row.
const columns = `generation, sealed, lane, state, cause, due_at AS dueAt, failures, refusals,
  refused_since AS refusedSince, lease_owner AS leaseOwner, lease_until AS leaseUntil, spending`;
const unleased = '(lease_until IS NULL OR lease_until <= ?)';
const dueInLane = `FROM token WHERE lane = ? AND due_at <= ? AND ${unleased} ORDER BY due_at LIMIT ?`;
const untouched = `cause = NULL, failures = 0, refusals = 0, refused_since = NULL,
  lease_owner = NULL, lease_until = NULL, spending = NULL`;
const settle = `UPDATE token SET state = ?, cause = ?, failures = ?, refusals = ?, refused_since = ?, due_at = ?,
  spending = CASE ? WHEN 'clear' THEN NULL ELSE spending END, lease_owner = NULL, lease_until = NULL
  WHERE key = ? AND generation = ?`;

// Most records are as a save left them: what that says already need not be fetched. The rest comes as one BLOB, since
// each column of a row costs almost as much as finding it: generation, lane, due time as text, a semicolon, and what is
// sealed. Fields of other lengths than usual would not be found in it again.
/** Bytes of the fields in front of what is packed together. */
export const packedSizes = { generation: 16, lane: 32 } as const;

const packed = `CAST(generation || lane || coalesce(due_at, '') || ';' || sealed AS BLOB)`;
const isPackable = `length(generation) = ${packedSizes.generation} AND length(lane) = ${packedSizes.lane}
  AND state = 'fresh' AND cause IS NULL AND failures = 0 AND refusals = 0
  AND refused_since IS NULL AND lease_until IS NULL AND spending IS NULL`;

// SQLite makes a text of what it joins; cast back, it is the same bytes.
const remembered = (newest: string, older: string): string =>
  `substr(CAST(${newest} || ${older} AS BLOB), 1, ${rememberedWrites * writeIdBytes})`;

// A tombstone whose time is over is as good as none, and so is what it remembers.
const put = (
  condition: string,
): string => `INSERT INTO token (owner, generation, sealed, lane, due_at, writes, key, state, failures, refusals)
  VALUES (?, ?, ?, ?, ?, ?, ?, 'fresh', 0, 0)
  ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, generation = excluded.generation,
    sealed = excluded.sealed, lane = excluded.lane, due_at = excluded.due_at,
    writes = iif(token.gone_until <= ?, excluded.writes, ${remembered('excluded.writes', 'token.writes')}),
    gone_until = NULL, state = 'fresh', ${untouched}
  WHERE token.gone_until <= ? OR (instr(token.writes, excluded.writes) = 0 AND ${condition})`;

/** All that is ever asked of the table of token records. */
export const tokenSql = {
  getUntroubled: `SELECT ${packed} AS packed FROM token WHERE key = ? AND sealed IS NOT NULL AND ${isPackable}`,
  get: `SELECT ${columns} FROM token WHERE key = ? AND sealed IS NOT NULL`,
  fence: 'SELECT generation, writes FROM token WHERE key = ? AND (gone_until IS NULL OR gone_until > ?)',
  replace: put('true'),
  saveFirst: put('token.generation IS NULL'),
  renew: `UPDATE token SET generation = ?, sealed = ?, lane = ?, due_at = ?,
    writes = ${remembered('?', 'writes')}, state = 'fresh', ${untouched}
    WHERE key = ? AND generation = ?`,
  remove: `INSERT INTO token (key, writes, gone_until, state, failures, refusals)
    VALUES (?, ?, ?, 'revoked', 0, 0)
    ON CONFLICT (key) DO UPDATE SET writes = excluded.writes, gone_until = excluded.gone_until,
      owner = NULL, generation = NULL, sealed = NULL, lane = NULL, due_at = NULL, ${untouched},
      state = 'revoked'`,
  forget: `DELETE FROM token WHERE key IN
    (SELECT key FROM token WHERE gone_until <= ? ORDER BY gone_until LIMIT 16)`,
  list: `SELECT key, ${columns} FROM token WHERE owner = ? AND key > ? ORDER BY key LIMIT ?`,
  page: `SELECT key, ${columns} FROM token WHERE key > ? AND sealed IS NOT NULL ORDER BY key LIMIT ?`,
  claim: `UPDATE token SET lease_owner = ?, lease_until = ?
    WHERE key = ? AND sealed IS NOT NULL AND (${unleased} OR lease_owner = ?) RETURNING ${columns}`,
  // Read first and then leased: RETURNING would know nothing of the mark as it was.
  findDue: `SELECT rowid AS id, key, iif(${isPackable}, ${packed}, NULL) AS packed ${dueInLane}`,
  leaseFound:
    'UPDATE token SET lease_owner = ?, lease_until = ? WHERE rowid IN (SELECT value FROM json_each(?))',
  spendFound: `UPDATE token SET lease_owner = ?, lease_until = ?, spending = generation
    WHERE rowid IN (SELECT value FROM json_each(?))`,
  due: `SELECT count(*) AS count, min(due_at) AS oldest FROM (SELECT due_at ${dueInLane})`,
  markSpending: `UPDATE token SET spending = generation
    WHERE key = ? AND generation = ? AND lease_owner = ? AND lease_until > ?`,
  unmarkSpending: 'UPDATE token SET spending = NULL WHERE key = ? AND generation = ? AND lease_owner = ?',
  settleHeld: `${settle} AND lease_owner = ?`,
  settleFree: `${settle} AND ${unleased}`,
  release: 'UPDATE token SET lease_owner = NULL, lease_until = NULL WHERE key = ? AND lease_owner = ?',
  reseal: 'UPDATE token SET sealed = ? WHERE key = ? AND generation = ?',
} as const;
