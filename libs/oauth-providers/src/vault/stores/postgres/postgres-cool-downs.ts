import { type CoolDowns } from '../../quota-store.port.js';
import { type Database, type Statement } from './database.js';
import { InOrder } from './in-order.js';

/** Cool-downs as rows; there are as many as there are clients. */
export class PostgresCoolDowns implements CoolDowns {
  readonly #inOrder = new InOrder();
  readonly #get: Statement;
  readonly #set: Statement;

  constructor(
    private readonly db: Database,
    schema: string,
  ) {
    const table = `${schema}.cool_down`;
    this.#get = {
      name: 'cool_down_get',
      text: `SELECT until FROM ${table} WHERE lane = $1::bytea AND until > ${schema}.now_ms()`,
    };
    this.#set = {
      name: 'cool_down_set',
      text: `INSERT INTO ${table} AS c (lane, until) VALUES ($1::bytea, $2::bigint)
        ON CONFLICT (lane) DO UPDATE SET until = greatest(c.until, excluded.until)`,
    };
  }

  get(lane: Buffer): Promise<number | null> {
    return this.db.accept(async () => {
      const [row] = await this.db.read(this.#get, lane);
      return (row?.['until'] as number | undefined) ?? null;
    });
  }

  set(lane: Buffer, until: number): Promise<void> {
    return this.db.accept(() =>
      this.#inOrder.run(lane, async () => {
        await this.db.write(this.#set, lane, Math.ceil(until));
      }),
    );
  }
}
