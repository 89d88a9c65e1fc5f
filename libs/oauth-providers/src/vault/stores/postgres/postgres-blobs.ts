import {
  type BlobPage,
  type BlobPageRequest,
  type BlobReplacement,
  type BlobStore,
  checkNamespace,
} from '../../store-engine.port.js';
import { type Database, type Param, type Row, type Statement } from './database.js';
import { InOrder } from './in-order.js';

type Name = keyof ReturnType<typeof textsOf>;

function textsOf(schema: string) {
  const blob = `${schema}.blob`;
  const now = `${schema}.now_ms()`;
  const alive = `(expires_at IS NULL OR expires_at > ${now})`;
  const here = 'namespace = $1::text AND key = $2::bytea';
  const put = `INSERT INTO ${blob} AS b (namespace, key, value, expires_at)
    VALUES ($1::text, $2::bytea, $3::bytea, $4::bigint)
    ON CONFLICT (namespace, key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at`;
  return {
    get: `SELECT value FROM ${blob} WHERE ${here} AND ${alive}`,
    put,
    putIfAbsent: `${put} WHERE b.expires_at <= ${now} RETURNING true AS done`,
    touch: `UPDATE ${blob} SET expires_at = $3::bigint WHERE ${here} AND ${alive}`,
    delete: `DELETE FROM ${blob} WHERE ${here}`,
    page: `SELECT key, value FROM ${blob} WHERE namespace = $1::text AND key > $2::bytea AND ${alive}
      ORDER BY key LIMIT $3::bigint`,
    replaceIf: `UPDATE ${blob} SET value = $4::bytea WHERE ${here} AND value = $3::bytea AND ${alive}
      RETURNING true AS done`,
    sweep: `DELETE FROM ${blob} WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM ${blob} WHERE expires_at <= (SELECT ${now})
        ORDER BY expires_at LIMIT $1::bigint FOR UPDATE SKIP LOCKED))
      RETURNING true AS done`,
  };
}

/** Before every key. */
const start = Buffer.alloc(0);

/** Sealed values as rows. */
export class PostgresBlobs implements BlobStore {
  readonly #sql: Readonly<Record<Name, Statement>>;
  readonly #inOrder = new InOrder();

  constructor(
    private readonly db: Database,
    schema: string,
  ) {
    const entries = Object.entries(textsOf(schema));
    this.#sql = Object.fromEntries(
      entries.map(([name, text]) => [name, { name: `blob_${name}`, text }]),
    ) as Record<Name, Statement>;
  }

  async get(namespace: string, key: Buffer): Promise<Buffer | undefined> {
    const place = checkNamespace(namespace);
    const [row] = await this.db.accept(() => this.db.read(this.#sql.get, place, key));
    return row?.['value'] as Buffer | undefined;
  }

  async put(namespace: string, key: Buffer, value: Buffer, expiresAt: number | null): Promise<void> {
    await this.#write('put', namespace, key, value, wholeMs(expiresAt));
  }

  async putIfAbsent(
    namespace: string,
    key: Buffer,
    value: Buffer,
    expiresAt: number | null,
  ): Promise<boolean> {
    return (await this.#write('putIfAbsent', namespace, key, value, wholeMs(expiresAt))).length === 1;
  }

  async touch(namespace: string, key: Buffer, expiresAt: number | null): Promise<void> {
    await this.#write('touch', namespace, key, wholeMs(expiresAt));
  }

  async delete(namespace: string, key: Buffer): Promise<void> {
    await this.#write('delete', namespace, key);
  }

  async page({ namespace, after = start, limit }: BlobPageRequest): Promise<BlobPage> {
    const place = checkNamespace(namespace);
    // One more than asked for tells whether there is another page.
    const rows = await this.db.accept(() => this.db.read(this.#sql.page, place, after, limit + 1));
    const blobs = rows
      .slice(0, limit)
      .map((row) => ({ key: row['key'] as Buffer, value: row['value'] as Buffer }));
    return { blobs, next: rows.length > limit ? blobs.at(-1)?.key : undefined };
  }

  async replaceIf({ namespace, key, expected, value }: BlobReplacement): Promise<boolean> {
    return (await this.#write('replaceIf', namespace, key, expected, value)).length === 1;
  }

  async sweep(limit: number): Promise<number> {
    return (await this.db.accept(() => this.db.write(this.#sql.sweep, limit))).length;
  }

  async #write(name: Name, namespace: string, key: Buffer, ...more: readonly Param[]): Promise<Row[]> {
    const place = checkNamespace(namespace);
    return this.db.accept(() =>
      this.#inOrder.run(Buffer.concat([Buffer.from(`${place}/`), key]), () =>
        this.db.write(this.#sql[name], place, key, ...more),
      ),
    );
  }
}

function wholeMs(time: number | null): number | null {
  return time === null ? null : Math.floor(time);
}
