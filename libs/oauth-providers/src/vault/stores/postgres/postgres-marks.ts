import { type Marks } from '../../store-engine.port.js';
import { type Database } from './database.js';
import { InOrder } from './in-order.js';

/** Marks as rows. */
export class PostgresMarks implements Marks {
  readonly #inOrder = new InOrder();
  readonly #spend;

  constructor(
    private readonly db: Database,
    schema: string,
  ) {
    const mark = `${schema}.mark`;
    this.#spend = {
      name: 'mark_spend',
      // A mark that has expired but was not swept yet is as good as none.
      text: `
        WITH clock AS MATERIALIZED (SELECT ${schema}.now_ms() AS now), swept AS (
          DELETE FROM ${mark} WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM ${mark} WHERE expires_at <= (SELECT now FROM clock) AND id <> $1::bytea
            ORDER BY expires_at LIMIT 16 FOR UPDATE SKIP LOCKED))
        )
        INSERT INTO ${mark} AS m (id, expires_at) VALUES ($1::bytea, (SELECT now FROM clock) + $2::bigint)
        ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at
          WHERE m.expires_at <= (SELECT now FROM clock)
        RETURNING true AS first`,
    };
  }

  spendOnce(mark: Buffer, ttlMs: number): Promise<boolean> {
    return this.db.accept(() =>
      this.#inOrder.run(mark, async () => (await this.db.write(this.#spend, mark, ttlMs)).length === 1),
    );
  }
}
