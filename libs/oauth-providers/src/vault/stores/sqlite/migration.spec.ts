import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type StoredToken } from '../../token-store.port.js';
import { loadDriver } from './driver.js';
import { GuardedConnection } from './guard.js';
import { migrate } from './schema.js';
import { sqliteStore } from './sqlite-store.js';
import { tokenSql } from './token-sql.js';

const now = 1_700_000_000_000;
const clock = { now: () => now };

/** The tables as the first version made them. */
const firstVersion = `
  CREATE TABLE token (key BLOB PRIMARY KEY NOT NULL, owner BLOB, generation BLOB, state TEXT NOT NULL,
    renews_at INTEGER, failures INTEGER NOT NULL, gone_until INTEGER, writes BLOB NOT NULL, sealed BLOB) STRICT;
  CREATE INDEX token_by_owner ON token (owner, key) WHERE owner IS NOT NULL;
  CREATE INDEX token_by_gone_until ON token (gone_until) WHERE gone_until IS NOT NULL;
  CREATE TABLE mark (id BLOB PRIMARY KEY NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE INDEX mark_by_expires_at ON mark (expires_at);
  CREATE TABLE blob (namespace TEXT NOT NULL, key BLOB NOT NULL, expires_at INTEGER, value BLOB NOT NULL,
    PRIMARY KEY (namespace, key)) STRICT;
  CREATE INDEX blob_by_expires_at ON blob (expires_at) WHERE expires_at IS NOT NULL;
  PRAGMA user_version = 1;
`;
const insert = `INSERT INTO token (key, owner, generation, state, renews_at, failures, gone_until, writes, sealed)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`;

describe('the SQLite schema', () => {
  let folder: string;
  let file: string;
  let connection: GuardedConnection;
  const connect = async () => {
    const Driver = await loadDriver();
    return new GuardedConnection(new Driver(file, { timeout: 0 }));
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vault-'));
    file = join(folder, 'tokens.db');
    connection = await connect();
  });
  afterEach(async () => {
    connection.close();
    await rm(folder, { recursive: true });
  });

  it('is brought up to date with everything in it', async () => {
    const login = { key: randomBytes(32), owner: randomBytes(32), writeId: randomBytes(12) };
    const [generation, sealed] = [randomBytes(16), randomBytes(5_000)];
    const gone = { key: randomBytes(32), owner: null, writeId: randomBytes(12) };
    const [mark, blob] = [randomBytes(32), randomBytes(32)];
    connection.script(firstVersion);
    connection.run(insert, login.key, login.owner, generation, 'fresh', now, 0, null, login.writeId, sealed);
    connection.run(insert, gone.key, null, null, 'revoked', null, 0, now + 1_000, gone.writeId, null);
    connection.run('INSERT INTO mark (id, expires_at) VALUES (?, ?)', mark, now + 1_000);
    connection.run("INSERT INTO blob (namespace, key, value) VALUES ('session', ?, ?)", blob, sealed);

    const store = await sqliteStore({ file }).open(clock);
    const lane = randomBytes(32);
    const record: StoredToken = {
      key: login.key,
      generation,
      sealed,
      lane: Buffer.alloc(0),
      state: 'fresh',
      cause: null,
      dueAt: now,
      failures: 0,
      refusals: 0,
      refusedSince: null,
      lease: null,
      spending: null,
    };
    expect(await store.tokens.get(login.key)).toEqual(record);
    expect((await store.tokens.list(login.owner, 9)).records).toEqual([record]);
    expect((await store.tokens.page({ limit: 9 })).records).toEqual([record]);
    const write = { generation, sealed, lane, dueAt: null };
    expect(await store.tokens.replace({ ...gone, ...write })).toEqual({ saved: false, current: undefined });
    expect(await store.tokens.replace({ ...login, ...write })).toEqual({ saved: true });
    expect(await store.marks.spendOnce(mark, 1_000)).toBe(false);
    expect(await store.blobs.get('session', blob)).toEqual(sealed);

    // From its next save on it is one like all others.
    const renewal = { key: login.key, writeId: randomBytes(12), generation: randomBytes(16), sealed, lane };
    expect(await store.tokens.saveIf({ ...renewal, dueAt: now }, generation)).toEqual({ saved: true });
    expect(await store.tokens.due({ lane })).toEqual({ count: 1, oldest: now });
    expect((await store.tokens.list(login.owner, 9)).records).toHaveLength(1);
    await store.close();
  });

  it('is the same whether a file is new or was upgraded', async () => {
    const shape = (of: GuardedConnection) =>
      of.all('SELECT type, name, tbl_name FROM sqlite_schema ORDER BY type, name');
    const columns = (of: GuardedConnection) => of.all('SELECT * FROM pragma_table_info(?)', 'token');
    connection.script(firstVersion);
    migrate(connection, file);
    const fresh = new GuardedConnection(new (await loadDriver())(':memory:', { timeout: 0 }));
    migrate(fresh, ':memory:');
    expect(shape(connection)).toEqual(shape(fresh));
    expect(columns(connection)).toEqual(columns(fresh));
    fresh.close();
  });

  it('finds what is due through an index, however much is stored', () => {
    migrate(connection, file);
    const plan = (sql: string, ...params: readonly (Buffer | number | string)[]) =>
      connection.all(`EXPLAIN QUERY PLAN ${sql}`, ...params).map((row) => String(row['detail']));
    const bytes = Buffer.alloc(16);
    const plans = [plan(tokenSql.findDue, bytes, now, now, 9), plan(tokenSql.due, bytes, now, now, 9)];
    for (const steps of plans) {
      expect(steps.join('\n')).toContain('USING INDEX token_by_due_at (lane=? AND due_at<?)');
      expect(steps.join('\n')).not.toMatch(/SCAN token|TEMP B-TREE/);
    }
    expect(plan(tokenSql.claim, bytes, now, bytes, now, bytes)).toEqual([
      expect.stringContaining('SEARCH token USING INDEX sqlite_autoindex_token_1 (key=?)'),
    ]);
    for (const sql of [tokenSql.leaseFound, tokenSql.spendFound]) {
      expect(plan(sql, bytes, now, '[1]')).toContain('SEARCH token USING INTEGER PRIMARY KEY (rowid=?)');
    }
    expect(plan(tokenSql.page, bytes, 9)).toEqual([expect.stringContaining('(key>?)')]);
  });
});
