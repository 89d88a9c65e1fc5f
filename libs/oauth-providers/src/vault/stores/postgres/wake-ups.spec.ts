import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type OpenStore, type WakeUps } from '../../store-engine.port.js';
import { type ReplacingWrite } from '../../token-store.port.js';
import { after, aWrite, hour, removal, stored } from '../contract/subject/store-contract.js';
import { postgresStore } from './postgres-store.js';
import { aSchema, describeWithPostgres, noClock, serverForAll } from './subject/store-contract.js';

const owner = randomBytes(16);

describeWithPostgres('wake-ups of postgresStore', () => {
  const server = serverForAll({ settings: { fsync: 'off' } });
  let schema: string;
  let one: OpenStore;
  let two: OpenStore;
  let login: ReplacingWrite;
  let over: AbortController;

  beforeEach(async () => {
    schema = aSchema();
    const engine = postgresStore({ url: server().url, schema });
    [one, two] = await Promise.all([engine.open(noClock), engine.open(noClock)]);
    login = aWrite();
    over = new AbortController();
    await one.tokens.replace(login);
    await one.tokens.claim({ key: login.key, owner, leaseMs: hour });
  });
  afterEach(async () => {
    over.abort();
    await Promise.all([one.close(), two.close()]);
  });

  const wakeUpsOf = ({ wakeUps }: OpenStore): WakeUps => {
    if (wakeUps === undefined) throw new Error('There are none.');
    return wakeUps;
  };
  const announced = async (): Promise<boolean> =>
    (await server().psql(`SELECT waiting_until IS NOT NULL FROM ${schema}.token`)) === 't';
  const listeners = async (): Promise<string> =>
    server().psql(`SELECT count(*) FROM pg_stat_activity WHERE query = 'LISTEN ${schema}_changed'`);

  async function until(condition: () => Promise<boolean>): Promise<void> {
    while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
  }

  it.each([
    ['saved', () => one.tokens.saveIf(after(login), login.generation)],
    ['replaced', () => one.tokens.replace(after(login))],
    ['released', () => one.tokens.release({ key: login.key, owner })],
    ['removed', () => one.tokens.remove(removal(login))],
    [
      'settled',
      () => {
        const counts = { failures: 1, refusals: 0, refusedSince: null, dueAt: null };
        const change = { state: 'degraded', cause: null, ...counts, spending: 'keep' } as const;
        return one.tokens.settle({ key: login.key, owner, generation: login.generation, change });
      },
    ],
  ] as const)('tell another process when a record is %s', async (_, act) => {
    const waiting = Promise.all(
      Array.from({ length: 5 }, () => wakeUpsOf(two).changed(login.key, over.signal)),
    );
    await until(announced);
    expect(await listeners()).toBe('1');
    await act();
    await expect(waiting).resolves.toHaveLength(5);
  });

  it('leave no trace on a record', async () => {
    const waiting = wakeUpsOf(two).changed(login.key, over.signal);
    await until(announced);
    await one.tokens.release({ key: login.key, owner });
    await waiting;
    expect(await one.tokens.get(login.key)).toEqual(stored(login));
  });

  it('do not wait for what has happened already', async () => {
    await one.tokens.release({ key: login.key, owner });
    await expect(wakeUpsOf(two).changed(login.key, over.signal)).resolves.toBeUndefined();
    await expect(wakeUpsOf(two).changed(randomBytes(32), over.signal)).resolves.toBeUndefined();
  });

  it('end with the signal, and with the store', async () => {
    const signal = AbortSignal.abort();
    await expect(wakeUpsOf(two).changed(login.key, signal)).resolves.toBeUndefined();
    const waiting = wakeUpsOf(two).changed(login.key, over.signal);
    await until(announced);
    over.abort();
    await expect(waiting).resolves.toBeUndefined();
    const still = wakeUpsOf(two).changed(login.key, new AbortController().signal);
    await two.close();
    await expect(still).resolves.toBeUndefined();
  });

  it('send nothing while nobody waits', async () => {
    await one.tokens.saveIf(after(login), login.generation);
    expect(
      await server().psql(
        `SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_notify(%' AND pid <> pg_backend_pid()`,
      ),
    ).toBe('0');
  });

  it('come back after the connection that listens is lost', async () => {
    const waiting = wakeUpsOf(two).changed(login.key, over.signal);
    await until(announced);
    await server().psql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN ${schema}_changed'`,
    );
    // Whatever was missed meanwhile: who waits looks again.
    await waiting;
    expect(await listeners()).toBe('1');
    const again = wakeUpsOf(two).changed(login.key, over.signal);
    await one.tokens.release({ key: login.key, owner });
    await again;
  });
});
