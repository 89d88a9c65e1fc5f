import { rememberedReservations, reservationBytes, slidingParts } from '../../quota-store.port.js';

/**
 * Each entry takes a schema from one version to the next; entries are only ever added. Everything but states,
 * counts and times is a hash, a random id or sealed. A token row without `sealed` is a tombstone.
 *
 * - What is sealed does not compress, so it is kept as it is. What of it fills whole pieces of TOAST is the `body`,
 *   which a claim or a change of state does not write again; the rest stays in the row, where it takes no page of
 *   its own.
 * - What is due and free stands in one index, what was leased in the other: a search finds the first by when it is
 *   due and the second by when its lease ends, and never passes over what is being renewed.
 * - Every renewal leaves dead rows behind, so the tables are vacuumed by a fraction of the usual share, and pages
 *   keep some room for changes that touch no index.
 */
export const migrations: readonly ((schema: string) => string)[] = [
  (schema) => `
    CREATE FUNCTION ${schema}.now_ms() RETURNS bigint LANGUAGE sql VOLATILE AS
      $$ SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint $$;

    CREATE TABLE ${schema}.token (
      due_at bigint,
      lease_until bigint,
      refused_since bigint,
      gone_until bigint,
      waiting_until bigint,
      failures integer NOT NULL DEFAULT 0,
      refusals integer NOT NULL DEFAULT 0,
      spending boolean NOT NULL DEFAULT false,
      key bytea NOT NULL PRIMARY KEY,
      owner bytea,
      lane bytea,
      generation bytea,
      lease_owner bytea,
      writes bytea NOT NULL,
      state text NOT NULL,
      cause text,
      body bytea,
      sealed bytea
    ) WITH (
      fillfactor = 90,
      autovacuum_vacuum_scale_factor = 0.02,
      autovacuum_vacuum_threshold = 500,
      autovacuum_analyze_scale_factor = 0.05,
      toast.autovacuum_vacuum_scale_factor = 0.05
    );
    ALTER TABLE ${schema}.token
      ALTER COLUMN body SET STORAGE EXTERNAL, ALTER COLUMN sealed SET STORAGE EXTERNAL;
    CREATE INDEX token_by_owner ON ${schema}.token (owner, key) WHERE owner IS NOT NULL;
    CREATE INDEX token_due ON ${schema}.token (lane, due_at)
      WHERE due_at IS NOT NULL AND lease_until IS NULL;
    CREATE INDEX token_leased ON ${schema}.token (lane, lease_until)
      WHERE due_at IS NOT NULL AND lease_until IS NOT NULL;
    CREATE INDEX token_gone ON ${schema}.token (gone_until) WHERE gone_until IS NOT NULL;

    CREATE TABLE ${schema}.mark (
      expires_at bigint NOT NULL,
      id bytea NOT NULL PRIMARY KEY
    ) WITH (autovacuum_vacuum_scale_factor = 0.05);
    CREATE INDEX mark_by_expires_at ON ${schema}.mark (expires_at);

    CREATE TABLE ${schema}.blob (
      expires_at bigint,
      namespace text NOT NULL,
      key bytea NOT NULL,
      value bytea NOT NULL,
      PRIMARY KEY (namespace, key)
    ) WITH (autovacuum_vacuum_scale_factor = 0.05, toast.autovacuum_vacuum_scale_factor = 0.05);
    ALTER TABLE ${schema}.blob ALTER COLUMN value SET STORAGE EXTERNAL;
    CREATE INDEX blob_by_expires_at ON ${schema}.blob (expires_at) WHERE expires_at IS NOT NULL;

    CREATE TABLE ${schema}.quota (
      used bigint NOT NULL,
      expires_at bigint NOT NULL,
      bucket bytea NOT NULL,
      period text NOT NULL,
      reservations bytea NOT NULL,
      PRIMARY KEY (bucket, period)
    ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
    ALTER TABLE ${schema}.quota ALTER COLUMN reservations SET STORAGE PLAIN;
    CREATE INDEX quota_by_expires_at ON ${schema}.quota (expires_at);

    CREATE TABLE ${schema}.sliding_quota (
      window_ms bigint NOT NULL,
      expires_at bigint NOT NULL,
      bucket bytea NOT NULL,
      parts bigint[] NOT NULL,
      draws bigint[] NOT NULL,
      reservations bytea NOT NULL,
      PRIMARY KEY (bucket, window_ms)
    ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
    ALTER TABLE ${schema}.sliding_quota ALTER COLUMN reservations SET STORAGE PLAIN;
    CREATE INDEX sliding_quota_by_expires_at ON ${schema}.sliding_quota (expires_at);

    CREATE TABLE ${schema}.cool_down (
      until bigint NOT NULL,
      lane bytea NOT NULL PRIMARY KEY
    ) WITH (fillfactor = 50);

    ${slidingDraw(schema)}
  `,
];

/**
 * One draw on a sliding window, as sliding-window.ts decides it: everything drawn in the last `window_ms` lies in
 * the current part or the sixty before it. The row is locked from the decision to the end of the statement.
 */
function slidingDraw(schema: string): string {
  return `
    CREATE FUNCTION ${schema}.take_sliding(
      of_bucket bytea, of_window bigint, amount bigint, ceiling bigint, reservation bytea,
      OUT granted boolean, OUT used bigint
    ) LANGUAGE plpgsql VOLATILE AS $$
    DECLARE
      was ${schema}.sliding_quota;
      at bigint;
      part bigint;
      ends_at bigint;
    BEGIN
      LOOP
        SELECT * INTO was FROM ${schema}.sliding_quota AS q
          WHERE q.bucket = of_bucket AND q.window_ms = of_window FOR UPDATE;
        at := ${schema}.now_ms();
        part := at * ${slidingParts} / of_window;
        ends_at := at + of_window + (of_window + ${slidingParts - 1}) / ${slidingParts};
        IF was.bucket IS NULL THEN
          used := 0;
          granted := amount <= ceiling;
          EXIT WHEN NOT granted;
          used := amount;
          INSERT INTO ${schema}.sliding_quota (bucket, window_ms, expires_at, parts, draws, reservations)
            VALUES (of_bucket, of_window, ends_at, ARRAY[part], ARRAY[amount], reservation)
            ON CONFLICT DO NOTHING;
          EXIT WHEN FOUND;
          CONTINUE;
        END IF;
        IF was.expires_at <= at THEN
          was.parts := '{}';
          was.draws := '{}';
          was.reservations := '';
        END IF;
        SELECT coalesce(sum(d), 0) INTO used
          FROM unnest(was.parts, was.draws) AS each(p, d) WHERE p >= part - ${slidingParts};
        granted := position(reservation IN was.reservations) > 0;
        EXIT WHEN granted OR used + amount > ceiling;
        granted := true;
        used := used + amount;
        UPDATE ${schema}.sliding_quota AS q SET
            expires_at = greatest(ends_at, was.expires_at),
            (parts, draws) = (
              SELECT array_agg(p), array_agg(d) FROM (
                SELECT p, sum(d)::bigint AS d FROM (
                  SELECT p, d FROM unnest(was.parts, was.draws) AS each(p, d) WHERE p >= part - ${slidingParts}
                  UNION ALL SELECT part, amount
                ) AS every GROUP BY p
              ) AS summed
            ),
            reservations = substring(reservation || was.reservations FROM 1 FOR ${rememberedReservations * reservationBytes})
          WHERE q.bucket = of_bucket AND q.window_ms = of_window;
        EXIT;
      END LOOP;
    END $$;
  `;
}
