import {
  type QuotaOutcome,
  type QuotaStore,
  type QuotaTake,
  rememberedReservations,
  reservationBytes,
  type SlidingTake,
} from '../../quota-store.port.js';
import { checkDraw } from '../../reservations.js';
import { type Database, type Row, type Statement } from './database.js';
import { InOrder } from './in-order.js';

const sweptPerCall = 16;
const now = '(SELECT now FROM clock)';

type Name = keyof ReturnType<typeof textsOf>;

function textsOf(schema: string) {
  const quota = `${schema}.quota`;
  const sliding = `${schema}.sliding_quota`;
  const clock = `clock AS MATERIALIZED (SELECT ${schema}.now_ms() AS now)`;
  const swept = (table: string, column: string, value: string) => `swept AS (
    DELETE FROM ${table} WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM ${table} WHERE expires_at <= ${now} AND NOT (bucket = $1::bytea AND ${column} = ${value})
      ORDER BY expires_at LIMIT ${sweptPerCall} FOR UPDATE SKIP LOCKED)))`;
  const kept = rememberedReservations * reservationBytes;
  return {
    take: `
      WITH ${clock}, ${swept(quota, 'period', '$2::text')}
      INSERT INTO ${quota} AS q (bucket, period, used, expires_at, reservations)
      SELECT $1::bytea, $2::text, $3::bigint, $4::bigint, $5::bytea WHERE $3::bigint <= $6::bigint
      ON CONFLICT (bucket, period) DO UPDATE SET
        used = CASE WHEN q.expires_at <= ${now} THEN 0 ELSE q.used END + excluded.used,
        reservations = CASE WHEN q.expires_at <= ${now} THEN excluded.reservations
          ELSE substring(excluded.reservations || q.reservations FROM 1 FOR ${kept}) END,
        expires_at = CASE WHEN q.expires_at <= ${now} THEN excluded.expires_at ELSE q.expires_at END
      WHERE q.expires_at <= ${now}
        OR (q.used + excluded.used <= $6::bigint AND position(excluded.reservations IN q.reservations) = 0)
      RETURNING q.used`,
    look: `SELECT used, position($3::bytea IN reservations) > 0 AS granted FROM ${quota}
      WHERE bucket = $1::bytea AND period = $2::text AND expires_at > ${schema}.now_ms()`,
    used: `SELECT used FROM ${quota}
      WHERE bucket = $1::bytea AND period = $2::text AND expires_at > ${schema}.now_ms()`,
    takeSliding: `
      WITH ${clock}, ${swept(sliding, 'window_ms', '$2::bigint')}
      SELECT granted, used
      FROM ${schema}.take_sliding($1::bytea, $2::bigint, $3::bigint, $4::bigint, $5::bytea)`,
  };
}

/** Quotas as rows: one for each window, with its last reservations in it. */
export class PostgresQuotas implements QuotaStore {
  readonly #sql: Readonly<Record<Name, Statement>>;
  readonly #inOrder = new InOrder();

  constructor(
    private readonly db: Database,
    schema: string,
  ) {
    const entries = Object.entries(textsOf(schema));
    this.#sql = Object.fromEntries(
      entries.map(([name, text]) => [name, { name: `quota_${name}`, text }]),
    ) as Record<Name, Statement>;
  }

  async take(take: QuotaTake): Promise<QuotaOutcome> {
    const { bucket, window, amount, ceiling, expiresAt, reservation } = take;
    checkDraw(amount, reservation);
    return this.#draw(bucket, async () => {
      const params = [
        bucket,
        window,
        amount,
        Math.ceil(expiresAt),
        reservation,
        Math.floor(ceiling),
      ] as const;
      const [taken] = await this.db.write(this.#sql.take, ...params);
      if (taken !== undefined) return { granted: true, used: usedOf(taken) };
      const [row] = await this.db.read(this.#sql.look, bucket, window, reservation);
      return { granted: row?.['granted'] === true, used: usedOf(row) };
    });
  }

  async used({ bucket, window }: Pick<QuotaTake, 'bucket' | 'window'>): Promise<number> {
    return usedOf((await this.db.accept(() => this.db.read(this.#sql.used, bucket, window)))[0]);
  }

  async takeSliding({ bucket, windowMs, amount, ceiling, reservation }: SlidingTake): Promise<QuotaOutcome> {
    checkDraw(amount, reservation);
    return this.#draw(bucket, async () => {
      const params = [bucket, Math.ceil(windowMs), amount, Math.floor(ceiling), reservation] as const;
      const [row] = await this.db.write(this.#sql.takeSliding, ...params);
      return { granted: row?.['granted'] === true, used: usedOf(row) };
    });
  }

  #draw<Result>(bucket: Buffer, work: () => Promise<Result>): Promise<Result> {
    return this.db.accept(() => this.#inOrder.run(bucket, work));
  }
}

function usedOf(row: Row | undefined): number {
  return (row?.['used'] as number | undefined) ?? 0;
}
