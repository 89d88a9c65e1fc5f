import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { type OpenStore } from '../../store-engine.port.js';
import { aWrite, hour, saved, stored } from '../contract/subject/store-contract.js';
import { type PostgresStoreOptions } from './options.js';
import { postgresStore } from './postgres-store.js';
import { aSchema, describeWithPostgres, noClock, serverForAll } from './subject/store-contract.js';
import { tokenSql } from './token-sql.js';

const owner = randomBytes(16);

describeWithPostgres('a running postgresStore', () => {
  const server = serverForAll();

  async function withStore(
    work: (store: OpenStore, schema: string) => Promise<void>,
    options: Partial<PostgresStoreOptions> = {},
  ): Promise<void> {
    const schema = options.schema ?? aSchema();
    const store = await postgresStore({ url: server().url, schema, ...options }).open(noClock);
    try {
      await work(store, schema);
    } finally {
      await store.close();
    }
  }

  it('lives by the time of the server', () =>
    withStore(async (store) => {
      const before = Number(await server().psql('SELECT floor(extract(epoch FROM now()) * 1000)'));
      const now = await store.tokens.now();
      const after = Number(await server().psql('SELECT ceil(extract(epoch FROM now()) * 1000)'));
      expect(now).toBeGreaterThanOrEqual(before);
      expect(now).toBeLessThanOrEqual(after);
      expect(Number.isInteger(now)).toBe(true);
    }));

  it('serves sixty-four renewals at once over two connections, and leaves nothing open', () =>
    withStore(
      async ({ tokens, quotas }, schema) => {
        const writes = Array.from({ length: 64 }, () => aWrite({ sealed: randomBytes(4_124), dueAt: 1 }));
        const bucket = randomBytes(32);
        const now = await tokens.now();
        await Promise.all(
          writes.map(async (write) => {
            await tokens.replace(write);
            const lease = { key: write.key, owner, leaseMs: hour };
            expect((await tokens.claim(lease)).claimed).toBe(true);
            expect(await tokens.markSpending({ ...lease, generation: write.generation })).toBe(true);
            const draw = { bucket, window: 'day', amount: 1, ceiling: 99, expiresAt: now + hour };
            expect((await quotas.take({ ...draw, reservation: randomBytes(16) })).granted).toBe(true);
            const renewal = aWrite({ ...write, writeId: randomBytes(12), generation: randomBytes(16) });
            expect(await tokens.saveIf(renewal, write.generation)).toEqual(saved);
            expect(await tokens.get(write.key)).toEqual(stored(renewal));
          }),
        );
        const sessions = `FROM pg_stat_activity WHERE application_name = 'nestjs-oauth-providers'`;
        expect(await server().psql(`SELECT count(*) ${sessions} AND state LIKE 'idle in%'`)).toBe('0');
        expect(await server().psql(`SELECT count(*) <= 2 ${sessions}`)).toBe('t');
        expect(await server().psql(`SELECT count(*) FROM ${schema}.token WHERE lease_until IS NULL`)).toBe(
          '64',
        );
      },
      { poolSize: 2 },
    ));

  it('works without prepared statements', () =>
    withStore(
      async ({ tokens }) => {
        const writes = Array.from({ length: 9 }, () => aWrite());
        await Promise.all(writes.map((write) => tokens.replace(write)));
        expect(await Promise.all(writes.map(({ key }) => tokens.get(key)))).toEqual(writes.map(stored));
        const prepared = `SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'PREPARE%'`;
        expect(await server().psql(prepared)).toBe('0');
      },
      { prepare: false },
    ));

  it.each([0, 1, 1_995, 1_996, 1_997, 3_991, 3_992, 3_993, 5_900, 8_192])(
    'gives back %i sealed bytes as they were, whatever becomes of the record',
    (size) =>
      withStore(async ({ tokens }) => {
        const write = aWrite({ sealed: randomBytes(size) });
        await tokens.replace(write);
        expect(await tokens.get(write.key)).toEqual(stored(write));
        await tokens.claim({ key: write.key, owner, leaseMs: hour });
        const sealed = randomBytes(size);
        expect(await tokens.reseal({ ...write, sealed })).toBe(true);
        expect((await tokens.get(write.key))?.sealed).toEqual(sealed);
        const renewal = aWrite({
          ...write,
          writeId: randomBytes(12),
          generation: randomBytes(16),
          sealed: randomBytes(3),
        });
        expect(await tokens.saveIf(renewal, write.generation)).toEqual(saved);
        expect(await tokens.get(write.key)).toEqual(stored(renewal));
      }),
  );

  it('keeps 4 kB in less than one and a half times their size', () =>
    withStore(async ({ tokens }, schema) => {
      const lane = randomBytes(32);
      const count = 1_000;
      const writes = Array.from({ length: count }, (_, i) =>
        aWrite({ owner: randomBytes(32), lane, dueAt: i, sealed: randomBytes(4_124) }),
      );
      await Promise.all(writes.map((write) => tokens.replace(write)));
      const size = Number(await server().psql(`SELECT pg_total_relation_size('${schema}.token')`));
      expect(size / count / 4_096).toBeLessThan(1.5);
    }));

  it('finds what is due by an index, however much is stored', () =>
    withStore(async ({ tokens }, schema) => {
      const lane = randomBytes(32);
      await server().psql(`
        INSERT INTO ${schema}.token (due_at, lease_until, key, lane, generation, writes, state, sealed)
        SELECT i, CASE WHEN i <= 50000 THEN 9000000000000 END, sha256(i::text::bytea), '\\x${lane.toString('hex')}', 'g', 'w',
          'fresh', 's' FROM generate_series(1, 100000) AS i`);
      const claim = tokenSql(schema).claimDue.text.replaceAll('$1', `'\\x${lane.toString('hex')}'`);
      const text = claim
        .replaceAll('$2', `'o'`)
        .replaceAll('$3', '1000')
        .replaceAll('$4', '10')
        .replaceAll('$5', 'true');
      const plan = await server().psql(`EXPLAIN ${text}`);
      expect(plan).toMatch(/Index Scan using token_due/);
      expect(plan).toMatch(/Index Scan using token_leased|Bitmap Index Scan on token_leased/);
      expect(plan).not.toMatch(/Seq Scan/);
      const claimed = await tokens.claimDue({ lane, owner, leaseMs: hour, limit: 10, spending: true });
      expect(claimed.map(({ dueAt }) => dueAt)).toEqual(Array.from({ length: 10 }, (_, i) => 50_001 + i));
    }));

  it('never lets two processes wait for each other that write the same records', () =>
    withStore(async (one, schema) => {
      await withStore(
        async (two) => {
          const writes = Array.from({ length: 200 }, () => aWrite({ lane: owner, dueAt: 1 }));
          const shuffled = () => [...writes].sort(() => randomBytes(1).readInt8());
          await Promise.all(
            [one, two, one, two].map(async ({ tokens }) => {
              const again = (write: (typeof writes)[number]) =>
                aWrite({ ...write, writeId: randomBytes(12) });
              await Promise.all(shuffled().map((write) => tokens.replace(again(write))));
              await Promise.all([
                ...shuffled().map((write) => tokens.saveIf(again(write), write.generation)),
                ...shuffled().map(({ key }) => tokens.claim({ key, owner: randomBytes(16), leaseMs: 1 })),
                tokens.claimDue({ lane: owner, owner, leaseMs: 1, limit: 50, spending: true }),
              ]);
            }),
          );
          expect(await server().log()).not.toContain('deadlock');
        },
        { schema },
      );
    }));

  it('answers each of many that ask together, and fails only who asked for what cannot be', () =>
    withStore(async ({ tokens }) => {
      const writes = Array.from({ length: 20 }, () => aWrite());
      const bad = aWrite({ dueAt: 0.5 });
      const outcomes = await Promise.allSettled([bad, ...writes].map((write) => tokens.replace(write)));
      expect(outcomes.map(({ status }) => status)).toEqual([
        'rejected',
        ...Array<string>(20).fill('fulfilled'),
      ]);
      expect(await Promise.all(writes.map(({ key }) => tokens.get(key)))).toEqual(writes.map(stored));
    }));

  it('says what its server could lose', async () => {
    await withStore(async (store) => {
      expect(await store.health()).toEqual({ up: true, risks: [] });
    });
    const settings = [
      ['synchronous_commit', 'off', 'synchronous_commit is off'],
      ['synchronous_commit', 'local', 'synchronous_commit is local'],
      ['fsync', 'off', 'fsync is off'],
    ] as const;
    for (const [name, value, said] of settings) {
      await server().psql(`ALTER SYSTEM SET ${name} = ${value}`);
      await server().restart();
      await withStore(async (store) => {
        expect((await store.health()).risks).toEqual([expect.stringContaining(said)]);
      });
      await server().psql(`ALTER SYSTEM RESET ${name}`);
    }
    await server().restart();
  });
});
