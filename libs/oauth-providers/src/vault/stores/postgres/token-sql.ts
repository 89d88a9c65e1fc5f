import { rememberedWrites, writeIdBytes } from '../../token-store.port.js';
import { type Statement } from './database.js';

/**
 * How many bytes of a value PostgreSQL keeps in one piece beside the row. Four such pieces fill a page; a shorter
 * one after them would leave a quarter of it empty.
 */
const piece = 1996;

/** The part of what is sealed that fills whole pieces, and the rest, which stays in the row. */
const bodyOf = (sealed: string) =>
  `nullif(substring(${sealed} FROM 1 FOR length(${sealed}) / ${piece} * ${piece}), '')`;
const restOf = (sealed: string) => `substring(${sealed} FROM length(${sealed}) / ${piece} * ${piece} + 1)`;

// Most records are as a save left them: all that says otherwise is one column, which is empty then.
const troubleWith = (unleased: string, spending: string) =>
  `CASE WHEN t.state = 'fresh' AND t.cause IS NULL AND t.failures = 0 AND t.refusals = 0
    AND t.refused_since IS NULL AND ${unleased} AND NOT ${spending} THEN NULL
  ELSE json_build_array(t.state, t.cause, t.failures, t.refusals, t.refused_since,
    encode(t.lease_owner, 'hex'), t.lease_until, ${spending})::text END AS trouble`;
const trouble = troubleWith('t.lease_until IS NULL', 't.spending');
const sealed = 'coalesce(t.body || t.sealed, t.sealed)';
const bare = `t.generation, ${sealed} AS sealed, t.lane, t.due_at`;
const columns = `${bare}, ${trouble}`;
// A claim that has just leased its rows says so once, and tells the marks as they were before it.
const claimedColumns = `t.lease_until, ${bare},
  ${troubleWith('true', 't.key = ANY(ARRAY(SELECT key FROM due WHERE spending))')}`;
// Each column of an answer costs as much as finding the row, so what is read most comes as one: the place (4 bytes),
// the due time (8, the smallest there is for none), the lengths of generation and lane (2 each), these, what is sealed.
const packed = (place: string) => `int4send(${place})
  || int8send(coalesce(t.due_at, (-9223372036854775808)::bigint))
  || int2send(length(t.generation)::smallint) || int2send(length(t.lane)::smallint)
  || t.generation || t.lane || ${sealed} AS packed, ${trouble}`;
const untouched = `cause = NULL, failures = 0, refusals = 0, refused_since = NULL,
  lease_owner = NULL, lease_until = NULL, spending = false`;
const now = '(SELECT now FROM clock)';
const remembered = rememberedWrites * writeIdBytes;
const memory = (older: string, newest: string) => `substring(${newest} || ${older} FROM 1 FOR ${remembered})`;
const forgottenPerCall = 16;

/** All that is ever asked of the table of token records. */
export type TokenStatement = keyof ReturnType<typeof tokenTexts>;

/** The statements about the tables of `schema`, each under its name. */
export function tokenSql(schema: string): Readonly<Record<TokenStatement, Statement>> {
  const entries = Object.entries(tokenTexts(schema)).map(([name, text]) => [
    name,
    { name: `token_${name}`, text },
  ]);
  return Object.fromEntries(entries) as Record<TokenStatement, Statement>;
}

/**
 * Statements about several records take a column of values for each parameter. Where they write, they lock their
 * rows by key first, so that two of them never wait for each other; what they ask of a row is asked of its newest
 * version. They answer with the places of the items that were written, and whether somebody waits for those.
 */
function tokenTexts(schema: string) {
  const token = `${schema}.token`;
  const clock = `clock AS MATERIALIZED (SELECT ${schema}.now_ms() AS now)`;
  const locked = `locked AS MATERIALIZED (SELECT t.ctid FROM ${token} AS t JOIN asked AS a ON t.key = a.key
    ORDER BY t.key FOR UPDATE OF t)`;
  const asked = (values: string, names: string) =>
    `asked AS MATERIALIZED (SELECT * FROM unnest(${values}) WITH ORDINALITY AS a(${names}, place))`;
  const answer = `RETURNING a.place, coalesce(t.waiting_until > ${now}, false) AS waiting`;
  const put = (condition: string) => `
    WITH ${clock}, ${asked(
      '$1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bigint[]',
      'key, write_id, generation, sealed, lane, owner, due_at',
    )}, written AS (
      INSERT INTO ${token} AS t (key, writes, generation, body, sealed, lane, owner, due_at, state)
      SELECT a.key, a.write_id, a.generation, ${bodyOf('a.sealed')}, ${restOf('a.sealed')}, a.lane, a.owner, a.due_at, 'fresh' FROM asked AS a ORDER BY a.key
      ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, generation = excluded.generation,
        body = excluded.body, sealed = excluded.sealed, lane = excluded.lane, due_at = excluded.due_at, gone_until = NULL,
        writes = CASE WHEN t.gone_until <= ${now} THEN excluded.writes
          ELSE ${memory('t.writes', 'excluded.writes')} END,
        state = 'fresh', ${untouched}
      WHERE t.gone_until <= ${now} OR (position(excluded.writes IN t.writes) = 0 AND ${condition})
      RETURNING t.key, coalesce(t.waiting_until > ${now}, false) AS waiting
    )
    SELECT a.place, w.waiting FROM written AS w JOIN asked AS a ON a.key = w.key`;
  return {
    now: `SELECT ${schema}.now_ms() AS now`,
    get: `SELECT ${packed('1')} FROM ${token} AS t WHERE t.key = $1::bytea AND t.sealed IS NOT NULL`,
    getMany: `SELECT ${packed('a.place::integer')} FROM unnest($1::bytea[]) WITH ORDINALITY AS a(key, place)
      CROSS JOIN LATERAL (SELECT * FROM ${token} WHERE key = a.key AND sealed IS NOT NULL OFFSET 0) AS t`,
    replace: put('true'),
    saveFirst: put('t.generation IS NULL'),
    saveIf: `
      WITH ${clock}, ${asked(
        '$1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bigint[]',
        'key, write_id, generation, sealed, lane, expected, due_at',
      )}, ${locked}
      UPDATE ${token} AS t SET generation = a.generation, body = ${bodyOf('a.sealed')}, sealed = ${restOf('a.sealed')}, lane = a.lane, due_at = a.due_at,
        writes = ${memory('t.writes', 'a.write_id')}, state = 'fresh', ${untouched}
      FROM asked AS a
      WHERE (SELECT count(*) FROM locked) > 0 AND t.key = a.key AND t.generation = a.expected
        AND position(a.write_id IN t.writes) = 0
      ${answer}`,
    remove: `
      WITH ${clock}, swept AS (DELETE FROM ${token} WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM ${token} WHERE gone_until <= ${now} AND key <> $1::bytea
        ORDER BY gone_until LIMIT ${forgottenPerCall} FOR UPDATE SKIP LOCKED)))
      INSERT INTO ${token} AS t (key, writes, gone_until, state)
      VALUES ($1::bytea, $2::bytea, ${now} + $3::bigint, 'revoked')
      ON CONFLICT (key) DO UPDATE SET gone_until = excluded.gone_until, owner = NULL, generation = NULL,
        body = NULL, sealed = NULL, lane = NULL, due_at = NULL, state = 'revoked', ${untouched},
        writes = CASE WHEN t.gone_until <= ${now} THEN excluded.writes
          ELSE ${memory('t.writes', 'excluded.writes')} END
      WHERE t.gone_until <= ${now} OR position(excluded.writes IN t.writes) = 0
      RETURNING coalesce(t.waiting_until > ${now}, false) AS waiting`,
    list: `SELECT t.key, ${columns} FROM ${token} AS t WHERE t.owner = $1::bytea AND t.key > $2::bytea
      ORDER BY t.key LIMIT $3::bigint`,
    page: `SELECT t.key, ${columns} FROM ${token} AS t WHERE t.key > $1::bytea AND t.sealed IS NOT NULL
      ORDER BY t.key LIMIT $2::bigint`,
    claim: `
      WITH ${clock}, ${asked('$1::bytea[], $2::bytea[], $3::bigint[]', 'key, owner, lease_ms')}, ${locked}
      UPDATE ${token} AS t SET lease_owner = a.owner, lease_until = ${now} + a.lease_ms
      FROM asked AS a
      WHERE (SELECT count(*) FROM locked) > 0 AND t.key = a.key AND t.sealed IS NOT NULL
        AND (t.lease_until IS NULL OR t.lease_until <= ${now} OR t.lease_owner = a.owner)
      RETURNING a.place, ${columns}`,
    claimDue: `
      WITH ${clock}, free AS MATERIALIZED (
        SELECT ctid, key, due_at, spending FROM ${token}
        WHERE lane = $1::bytea AND lease_until IS NULL AND due_at <= ${now}
        ORDER BY due_at LIMIT $4::bigint FOR UPDATE SKIP LOCKED
      ), lapsed AS MATERIALIZED (
        SELECT ctid, key, due_at, spending FROM ${token}
        WHERE lane = $1::bytea AND lease_until <= ${now} AND due_at <= ${now}
        ORDER BY due_at LIMIT $4::bigint FOR UPDATE SKIP LOCKED
      ), due AS MATERIALIZED (
        SELECT * FROM (SELECT * FROM free UNION ALL SELECT * FROM lapsed) AS found
        ORDER BY due_at LIMIT $4::bigint
      )
      UPDATE ${token} AS t SET lease_owner = $2::bytea, lease_until = ${now} + $3::bigint,
        spending = t.spending OR $5::boolean
      WHERE t.ctid = ANY(ARRAY(SELECT ctid FROM due))
      RETURNING t.key, ${claimedColumns}`,
    due: `
      WITH ${clock}
      SELECT count(*) AS count, min(due_at) AS oldest FROM (
        (SELECT due_at FROM ${token} WHERE lane = $1::bytea AND lease_until IS NULL AND due_at <= ${now}
          ORDER BY due_at LIMIT $2::bigint)
        UNION ALL
        (SELECT due_at FROM ${token} WHERE lane = $1::bytea AND lease_until <= ${now} AND due_at <= ${now}
          LIMIT $2::bigint)
      ) AS due`,
    markSpending: `
      WITH ${clock}, ${asked('$1::bytea[], $2::bytea[], $3::bytea[]', 'key, owner, generation')}, ${locked}
      UPDATE ${token} AS t SET spending = true FROM asked AS a
      WHERE (SELECT count(*) FROM locked) > 0 AND t.key = a.key AND t.generation = a.generation
        AND t.lease_owner = a.owner AND t.lease_until > ${now}
      RETURNING a.place`,
    unmarkSpending: `UPDATE ${token} AS t SET spending = false
      WHERE t.key = $1::bytea AND t.generation = $2::bytea AND t.lease_owner = $3::bytea
      RETURNING true AS done`,
    settle: `
      WITH ${clock}, ${asked(
        '$1::bytea[], $2::bytea[], $3::bytea[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::boolean[]',
        'key, owner, generation, state, cause, failures, refusals, refused_since, due_at, keeps',
      )}, ${locked}
      UPDATE ${token} AS t SET state = a.state, cause = a.cause, failures = a.failures, refusals = a.refusals,
        refused_since = a.refused_since, due_at = a.due_at, spending = t.spending AND a.keeps,
        lease_owner = NULL, lease_until = NULL
      FROM asked AS a
      WHERE (SELECT count(*) FROM locked) > 0 AND t.key = a.key AND t.generation = a.generation
        AND CASE WHEN a.owner IS NULL THEN t.lease_until IS NULL OR t.lease_until <= ${now}
          ELSE t.lease_owner = a.owner END
      ${answer}`,
    release: `
      WITH ${clock}
      UPDATE ${token} AS t SET lease_owner = NULL, lease_until = NULL
      WHERE t.key = $1::bytea AND t.lease_owner = $2::bytea
      RETURNING coalesce(t.waiting_until > ${now}, false) AS waiting`,
    reseal: `UPDATE ${token} AS t SET body = ${bodyOf('$3::bytea')}, sealed = ${restOf('$3::bytea')}
      WHERE t.key = $1::bytea AND t.generation = $2::bytea
      RETURNING true AS done`,
    announce: `
      WITH ${clock}, announced AS (UPDATE ${token} AS t SET waiting_until = ${now} + $2::bigint
        WHERE t.key = $1::bytea AND (t.waiting_until IS NULL OR t.waiting_until < ${now} + $2::bigint / 2))
      SELECT t.lease_until > ${now} AS leased FROM ${token} AS t WHERE t.key = $1::bytea`,
  };
}
