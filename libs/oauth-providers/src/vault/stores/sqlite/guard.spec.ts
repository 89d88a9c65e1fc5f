import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadDriver, type SqlValue } from './driver.js';
import { GuardedConnection } from './guard.js';
import { retryBusy, sqliteCode } from './retry-busy.js';
import { WorkQueue } from './work-queue.js';

const insert = 'INSERT INTO t (k, n, s) VALUES (?, ?, ?)';
const count = 'SELECT count(*) AS n FROM t';

describe('GuardedConnection', () => {
  let folder: string;
  let a: GuardedConnection;
  let b: GuardedConnection;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'guard-'));
    const Driver = await loadDriver();
    const connect = () => new GuardedConnection(new Driver(join(folder, 'x.db'), { timeout: 0 }));
    [a, b] = [connect(), connect()];
    a.script('PRAGMA journal_mode = WAL');
    a.script('CREATE TABLE t (k BLOB PRIMARY KEY, n INTEGER, s TEXT) STRICT');
  });
  afterEach(async () => {
    a.close();
    b.close();
    await rm(folder, { recursive: true });
  });

  const code = (work: () => unknown): string | undefined => {
    try {
      work();
      return undefined;
    } catch (error) {
      return sqliteCode(error);
    }
  };

  it('gives rows as plain objects with Buffers', () => {
    a.run(insert, Buffer.from('-key').subarray(1), 1_893_456_000_000, 'text');
    const row = { k: Buffer.from('key'), n: 1_893_456_000_000, s: 'text' };
    expect(a.all('SELECT * FROM t')).toStrictEqual([row]);
    expect(a.get('SELECT * FROM t WHERE k = ?', Buffer.from('key'))).toStrictEqual(row);
    expect(a.get('SELECT * FROM t WHERE k = ?', Buffer.from('none'))).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['a boolean', true],
    ['undefined', undefined],
    ['a Date', new Date(0)],
    ['an object', {}],
    ['a Uint8Array', new Uint8Array(3)],
    ['NaN', NaN],
    ['a fraction', 1.5],
    ['a number too large to be exact', 2 ** 53],
    ['text with a NUL', 'a\0b'],
  ])('refuses %s, which the driver would drop, cut or die of', (_, value) => {
    expect(() => a.run(insert, Buffer.from('k'), null, value as SqlValue)).toThrow(TypeError);
    expect(() => a.all('SELECT ?', value as SqlValue)).toThrow(TypeError);
    expect(a.get(count)).toEqual({ n: 0 });
  });

  it('loses no write after one that met a busy database', () => {
    b.write(() => {
      b.run(insert, Buffer.from('b'), 1, null);
      expect(code(() => a.run(insert, Buffer.from('a'), 1, null))).toBe('SQLITE_BUSY');
    });
    for (let i = 0; i < 5; i += 1) a.run(insert, Buffer.from([i]), i, null);
    expect(b.get(count)).toEqual({ n: 6 });
  });

  it('loses no write after one that broke a constraint', () => {
    a.run(insert, Buffer.from('a'), 1, null);
    expect(code(() => a.run(insert, Buffer.from('a'), 1, null))).toMatch(/CONSTRAINT/);
    a.run(insert, Buffer.from('c'), 1, null);
    expect(b.get(count)).toEqual({ n: 2 });
  });

  it('undoes all of a transaction that throws', () => {
    const work = () =>
      a.write(() => {
        a.run(insert, Buffer.from('a'), 1, null);
        throw new Error('no');
      });
    expect(work).toThrow('no');
    a.run(insert, Buffer.from('b'), 1, null);
    expect(b.get(count)).toEqual({ n: 1 });
  });

  it('refuses a transaction that would go on after its end', () => {
    expect(() => a.write(() => Promise.resolve())).toThrow('synchronous');
    a.run(insert, Buffer.from('b'), 1, null);
    expect(b.get(count)).toEqual({ n: 1 });
  });

  it('runs RETURNING through all() only', () => {
    expect(() => a.run(`${insert} RETURNING n`, Buffer.from('a'), 1, null)).toThrow('all()');
    const rows = a.write(() => a.all(`${insert} RETURNING n`, Buffer.from('a'), 7, null));
    expect(rows).toEqual([{ n: 7 }]);
    expect(b.get(count)).toEqual({ n: 1 });
  });

  describe('WorkQueue', () => {
    it('waits for a database that is busy, and then loses nothing', async () => {
      const queue = new WorkQueue(a);
      let release = false;
      // Holds the write lock across turns of the event loop, as another process does.
      b.script('BEGIN IMMEDIATE');
      const writes = Promise.all(
        Array.from({ length: 300 }, (_, i) =>
          queue.write((db) => {
            expect(release).toBe(true);
            return db.run(insert, Buffer.from(`key ${i}`), i, null);
          }),
        ),
      );
      await new Promise((resolve) => setTimeout(resolve, 30));
      release = true;
      b.script('COMMIT');
      expect(await writes).toEqual(Array(300).fill(1));
      expect(b.get(count)).toEqual({ n: 300 });
    });

    it('fails only the write that is wrong', async () => {
      const queue = new WorkQueue(a);
      const keys = ['a', 'b', 'a', 'c'];
      const results = await Promise.allSettled(
        keys.map((key) => queue.write((db) => db.run(insert, Buffer.from(key), 1, null))),
      );
      expect(results.map((result) => result.status)).toEqual([
        'fulfilled',
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
      expect(results[2]).toMatchObject({
        reason: {
          name: 'StoreUnavailableError',
          engine: 'sqlite',
          code: expect.stringMatching(/CONSTRAINT/),
        },
      });
      expect(b.get(count)).toEqual({ n: 3 });
    });
  });

  it('gives up on a database that stays busy, after some seconds in all', async () => {
    const waits: number[] = [];
    b.script('BEGIN IMMEDIATE');
    const write = retryBusy(
      () => a.run(insert, Buffer.from('a'), 1, null),
      (ms) => {
        waits.push(ms);
        return Promise.resolve();
      },
    );
    await expect(write).rejects.toMatchObject({ code: 'SQLITE_BUSY' });
    b.script('COMMIT');
    expect(waits).toHaveLength(24);
    const total = waits.reduce((sum, ms) => sum + ms, 0);
    expect(total).toBeGreaterThan(2_000);
    expect(total).toBeLessThan(6_000);
  });

  it('gives up on what is not busy at once', async () => {
    let tries = 0;
    const broken = retryBusy(() => {
      tries += 1;
      throw new Error('broken');
    });
    await expect(broken).rejects.toThrow('broken');
    expect(tries).toBe(1);
  });
});
