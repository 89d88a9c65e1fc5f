import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { type OpenStore } from '../../store-engine.port.js';
import { after, aWrite, hour, removal, saved } from '../contract/subject/store-contract.js';
import { redisStore, type RedisStoreOptions } from './index.js';
import {
  aPrefix,
  clusterForAll,
  describeWithRedis,
  eventually,
  serverForAll,
} from './subject/store-contract.js';

const clock = { now: () => 0 };

function describeSharing(name: string, place: () => () => RedisStoreOptions): void {
  describeWithRedis(name, () => {
    const options = place();
    let stores: readonly OpenStore[];
    let [one, two]: OpenStore[] = [];

    beforeEach(async () => {
      const shared = { ...options(), prefix: aPrefix() };
      stores = await Promise.all([1, 2, 3].map(() => redisStore(shared).open(clock)));
      [one, two] = stores;
    });
    afterEach(async () => {
      jest.restoreAllMocks();
      await Promise.all(stores.map((store) => store.close()));
    });
    const first = () => one ?? fail();
    const second = () => two ?? fail();

    it('lives in the time of the server, whatever the local clock says', async () => {
      const before = await first().tokens.now();
      jest.spyOn(Date, 'now').mockReturnValue(1);
      expect(await first().tokens.now()).toBeGreaterThanOrEqual(before);
      const [key, login] = [randomBytes(32), aWrite({ dueAt: before - 1 })];
      await first().tokens.replace(login);
      const { record } = await first().tokens.claim({
        key: login.key,
        owner: randomBytes(16),
        leaseMs: hour,
      });
      expect(record?.lease?.until).toBeGreaterThanOrEqual(before + hour);
      await first().blobs.put('a', key, key, before + hour);
      await first().blobs.put('a', randomBytes(32), key, before - 1);
      expect(await second().blobs.get('a', key)).toEqual(key);
      expect((await second().blobs.page({ namespace: 'a', limit: 9 })).blobs).toHaveLength(1);
      await first().marks.spendOnce(key, 1);
      await eventually(() => second().marks.spendOnce(key, 1));
      await first().notBefore.set(key, before + hour);
      expect(await second().notBefore.get(key)).toBe(before + hour);
    });

    it('hands out what is due once, longest due first, to any number of processes', async () => {
      const lane = randomBytes(32);
      const writes = Array.from({ length: 500 }, (_, i) =>
        aWrite({ lane, dueAt: i, sealed: randomBytes(9) }),
      );
      await Promise.all(writes.map((write) => first().tokens.replace(write)));
      const claimed: string[] = [];
      await Promise.all(
        stores.map(async (store) => {
          for (;;) {
            const records = await store.tokens.claimDue({
              lane,
              owner: randomBytes(16),
              leaseMs: hour,
              limit: 17,
              spending: true,
            });
            if (records.length === 0) return;
            const dues = records.map(({ dueAt }) => dueAt ?? 0);
            expect(dues).toEqual([...dues].sort((a, b) => a - b));
            claimed.push(...records.map(({ key }) => key.toString('hex')));
          }
        }),
      );
      expect(claimed.sort()).toEqual(writes.map(({ key }) => key.toString('hex')).sort());
      expect(await first().tokens.due({ lane })).toEqual({ count: 0, oldest: null });
    });

    it.each(['a save', 'a settlement', 'a release', 'a removal'])(
      'wakes who waits in another process: %s',
      async (what) => {
        const login = aWrite();
        const { key, generation } = login;
        await first().tokens.replace(login);
        const owner = randomBytes(16);
        await first().tokens.claim({ key, owner, leaseMs: hour });
        const change = {
          state: 'degraded',
          cause: null,
          failures: 1,
          refusals: 0,
          refusedSince: null,
        } as const;
        const ways: Readonly<Record<string, () => Promise<unknown>>> = {
          'a save': () => first().tokens.saveIf(after(login), generation),
          'a settlement': () =>
            first().tokens.settle({
              key,
              owner,
              generation,
              change: { ...change, dueAt: null, spending: 'keep' },
            }),
          'a release': () => first().tokens.release({ key, owner }),
          'a removal': () => first().tokens.remove(removal(login)),
        };
        let woken = 0;
        const waits = [one, two, two].map(async (store) => {
          await store?.wakeUps?.changed(key, new AbortController().signal);
          woken += 1;
        });
        // Nobody can tell from outside that an announcement has arrived, so this changes until it is heard.
        await ways[what]?.();
        await eventually(async () => {
          await first().tokens.replace(after(login));
          return woken === waits.length;
        });
        await Promise.all(waits);
        expect(woken).toBe(3);
      },
    );

    it('waits for the signal when nothing happens, and wakes everybody when it closes', async () => {
      const aborted = AbortSignal.abort();
      await first().wakeUps?.changed(randomBytes(32), aborted);
      const controller = new AbortController();
      const wait = first().wakeUps?.changed(randomBytes(32), controller.signal);
      controller.abort();
      await wait;
      const open = first().wakeUps?.changed(randomBytes(32), new AbortController().signal);
      await first().close();
      await open;
      expect(await second().tokens.replace(aWrite())).toEqual(saved);
    });
  });
}

describeSharing('redisStore shared by several processes', () => {
  const server = serverForAll();
  return () => ({ url: server().url });
});
describeSharing('redisStore on a cluster shared by several processes', () => {
  const cluster = clusterForAll();
  return () => ({ cluster: cluster().urls, buckets: 64 });
});

function fail(): never {
  throw new Error('No store is open.');
}
