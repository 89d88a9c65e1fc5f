import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { reservationBytes } from '../../quota-store.port.js';
import { type OpenStore } from '../../store-engine.port.js';
import { after, aWrite, hour, removal, saved, stored } from '../contract/subject/store-contract.js';
import { redisStore } from './index.js';
import { type Proxy, startProxy } from './subject/proxy/store-contract.js';
import {
  aPrefix,
  clusterForAll,
  describeWithRedis,
  eventually,
  serverForAll,
} from './subject/store-contract.js';

const clock = { now: () => 0 };
const unavailable = { name: 'StoreUnavailableError', engine: 'redis' };

/** All that a store can be asked. */
function everything(store: OpenStore): readonly Promise<unknown>[] {
  const { tokens, marks, blobs, quotas, notBefore } = store;
  const [write, key] = [aWrite(), randomBytes(32)];
  const lease = { key, owner: randomBytes(16), leaseMs: hour };
  const draw = { bucket: key, amount: 1, ceiling: 9, reservation: randomBytes(reservationBytes) };
  return [
    ...[tokens.now(), tokens.get(key), tokens.replace(write), tokens.saveIf(write, write.generation)],
    ...[tokens.saveFirst(write), tokens.remove(removal(write)), tokens.list(key, 9), tokens.claim(lease)],
    ...[tokens.claimDue({ ...lease, lane: key, limit: 9, spending: true }), tokens.release(lease)],
    tokens.unmarkSpending({ ...lease, generation: write.generation }),
    ...[tokens.due({ lane: key }), tokens.page({ limit: 9 }), marks.spendOnce(key, hour)],
    ...[blobs.get('a', key), blobs.put('a', key, key, null), blobs.page({ namespace: 'a', limit: 9 })],
    ...[
      quotas.take({ ...draw, window: 'day', expiresAt: hour }),
      quotas.takeSliding({ ...draw, windowMs: hour }),
    ],
    ...[notBefore.get(key), notBefore.set(key, 1)],
  ];
}

describeWithRedis('redisStore through an outage', () => {
  const server = serverForAll();
  const open = () => redisStore({ url: server().url, prefix: aPrefix() }).open(clock);

  it('refuses everything at once while the server is gone, and has all it acknowledged when it is back', async () => {
    const store = await open();
    const login = aWrite({ owner: randomBytes(32) });
    await store.tokens.replace(login);
    const acknowledged = [login];
    const saves = Array.from({ length: 300 }, () => aWrite());
    const outcomes = saves.map(async (write) => {
      await store.tokens.replace(write);
      acknowledged.push(write);
    });
    await outcomes[0];
    await server().kill();
    await Promise.allSettled(outcomes);
    for (const outcome of everything(store)) await expect(outcome).rejects.toMatchObject(unavailable);
    expect(await store.health()).toEqual({ up: false, risks: [] });
    await server().restart();
    await eventually(async () => (await store.health()).up);
    for (const write of acknowledged) expect(await store.tokens.get(write.key)).toEqual(stored(write));
    expect(await store.tokens.saveIf(after(login), login.generation)).toEqual(saved);
    await store.close();
  });

  it('works again on a server that has lost everything', async () => {
    const store = await open();
    const login = aWrite();
    await store.tokens.replace(login);
    await server().restart({ empty: true });
    await eventually(async () => (await store.health()).up);
    expect(await store.tokens.get(login.key)).toBeUndefined();
    expect(await store.tokens.replace(login)).toEqual(saved);
    expect(await store.tokens.page({ limit: 9 })).toMatchObject({ records: [stored(login)] });
    await store.close();
  });

  it('loads its scripts again where they are gone', async () => {
    const store = await open();
    const login = aWrite();
    expect(await store.tokens.replace(login)).toEqual(saved);
    await server().cli(['script', 'flush', 'sync']);
    const renewal = after(login);
    const both = [
      store.tokens.saveIf(renewal, login.generation),
      store.tokens.saveIf(after(login), login.generation),
    ];
    expect(await Promise.all(both)).toEqual([saved, { saved: false, current: stored(renewal) }]);
    await store.close();
  });

  it('says that a server is full, or may not be written to, and reads on', async () => {
    const store = await open();
    const login = aWrite();
    await store.tokens.replace(login);
    await server().cli(['config', 'set', 'maxmemory', '1']);
    await expect(store.tokens.replace(aWrite())).rejects.toMatchObject({ ...unavailable, code: 'OOM' });
    expect(await store.tokens.get(login.key)).toEqual(stored(login));
    await server().cli(['config', 'set', 'maxmemory', '0']);
    await server().cli(['replicaof', '127.0.0.1', '1']);
    await expect(store.tokens.replace(aWrite())).rejects.toMatchObject(unavailable);
    await server().cli(['replicaof', 'no', 'one']);
    await eventually(async () => (await store.health()).up);
    expect(await store.tokens.replace(aWrite())).toEqual(saved);
    await store.close();
  });

  it('closes while the server is gone', async () => {
    const store = await open();
    await server().kill();
    await store.close();
    await expect(store.tokens.now()).rejects.toMatchObject({ ...unavailable, code: 'CLOSED' });
    await server().restart();
  });
});

describeWithRedis('redisStore when the answer is lost after the server has done it', () => {
  const server = serverForAll();
  let proxy: Proxy;
  let store: OpenStore;

  beforeAll(async () => {
    proxy = await startProxy(server().port);
    store = await redisStore({ url: `redis://127.0.0.1:${proxy.port}`, prefix: aPrefix() }).open(clock);
  });
  afterAll(async () => {
    await store.close();
    await proxy.close();
  });

  /** Asks once without hearing the answer, and then until there is one. */
  async function twice<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    proxy.loseNextAnswer();
    await expect(ask()).rejects.toMatchObject(unavailable);
    await eventually(async () => (await store.health()).up);
    return ask();
  }

  it('tells whoever repeats a save, a removal or a settlement how it ended', async () => {
    const login = aWrite({ dueAt: 1 });
    expect(await twice(() => store.tokens.replace(login))).toEqual(saved);
    const renewal = { ...after(login), dueAt: 2 };
    expect(await twice(() => store.tokens.saveIf(renewal, login.generation))).toEqual(saved);
    expect(await store.tokens.get(login.key)).toEqual(stored(renewal));
    const [owner, { key, generation }] = [randomBytes(16), renewal];
    expect(await twice(() => store.tokens.claim({ key, owner, leaseMs: hour }))).toMatchObject({
      claimed: true,
    });
    expect(await twice(() => store.tokens.markSpending({ key, owner, generation }))).toBe(true);
    const counts = { failures: 1, refusals: 0, refusedSince: null, dueAt: 3, spending: 'clear' } as const;
    const change = { state: 'degraded', cause: '{"reason":"x"}', ...counts } as const;
    expect(await twice(() => store.tokens.settle({ key, owner, generation, change }))).toBe(true);
    const gone = removal(renewal);
    await twice(() => store.tokens.remove(gone));
    expect(await store.tokens.replace(login)).toEqual({ saved: false, current: undefined });
  });

  it('counts a draw once', async () => {
    const draw = {
      bucket: randomBytes(32),
      amount: 2,
      ceiling: 9,
      reservation: randomBytes(reservationBytes),
    };
    const expiresAt = (await store.tokens.now()) + hour;
    expect(await twice(() => store.quotas.take({ ...draw, window: 'day', expiresAt }))).toEqual({
      granted: true,
      used: 2,
    });
    expect(await twice(() => store.quotas.takeSliding({ ...draw, windowMs: hour }))).toEqual({
      granted: true,
      used: 2,
    });
  });

  it('spends a mark no second time', async () => {
    const mark = randomBytes(32);
    expect(await twice(() => store.marks.spendOnce(mark, hour))).toBe(false);
  });
});

describeWithRedis('redisStore when a part of a cluster is gone', () => {
  const cluster = clusterForAll();

  it('goes on with the rest as long as the cluster does, and with all of it when it is back', async () => {
    for (const node of cluster().nodes)
      await node.cli(['config', 'set', 'cluster-require-full-coverage', 'no']);
    const store = await redisStore({ cluster: cluster().urls, prefix: aPrefix() }).open(clock);
    const lane = randomBytes(32);
    const writes = Array.from({ length: 60 }, () => aWrite({ lane, dueAt: 1 }));
    for (const write of writes) await store.tokens.replace(write);
    const [, , node] = cluster().nodes;
    await node?.kill();
    const request = { lane, leaseMs: hour, limit: 100, spending: true };
    const found: string[] = [];
    await eventually(async () => {
      const records = await store.tokens.claimDue({ ...request, owner: randomBytes(16) }).catch(() => []);
      found.push(...records.map(({ key }) => key.toString('hex')));
      return found.length > 0;
    });
    expect(found.length).toBeLessThan(writes.length);
    expect((await store.health()).up).toBe(false);
    await node?.restart();
    await eventually(async () => {
      const records = await store.tokens.claimDue({ ...request, owner: randomBytes(16) }).catch(() => []);
      found.push(...records.map(({ key }) => key.toString('hex')));
      return found.length >= writes.length && (await store.health()).up;
    });
    expect(new Set(found).size).toBe(writes.length);
    await store.close();
  });
});
