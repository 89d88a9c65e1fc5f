import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { reservationBytes } from '../../../quota-store.port.js';
import { type OpenStore } from '../../../store-engine.port.js';
import { after, aWrite, hour, removal, saved, stored, type StoreSubject } from '../subject/store-contract.js';

/** What a store must do besides that several processes share, or that outlives one. */
export function describeLastingStoreContract(name: string, makeSubject: () => Promise<StoreSubject>): void {
  describe(`${name} keeps the contract of a lasting store`, () => {
    let subject: StoreSubject;
    let one: OpenStore;
    let two: OpenStore;

    beforeEach(async () => {
      subject = await makeSubject();
      [one, two] = await Promise.all([subject.open(), subject.open()]);
    });
    afterEach(() => subject.dispose());

    it('shows each acknowledged write to everybody at once', async () => {
      const login = aWrite({ owner: randomBytes(32) });
      await one.tokens.replace(login);
      expect(await two.tokens.get(login.key)).toEqual(stored(login));
      const renewal = after(login);
      expect(await two.tokens.saveIf(renewal, login.generation)).toEqual(saved);
      expect(await one.tokens.saveIf(after(login), login.generation)).toEqual({
        saved: false,
        current: stored(renewal),
      });
      await two.tokens.remove(removal(login));
      expect(await one.tokens.get(login.key)).toBeUndefined();
    });

    it('decides each race once for all', async () => {
      const mark = randomBytes(32);
      const login = aWrite();
      await one.tokens.replace(login);
      const both = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? one : two));
      const [spent, put, renewed] = await Promise.all([
        Promise.all(both.map((store) => store.marks.spendOnce(mark, hour))),
        Promise.all(both.map((store) => store.blobs.putIfAbsent('race', mark, randomBytes(9), null))),
        Promise.all(both.map((store) => store.tokens.saveIf(after(login), login.generation))),
      ]);
      expect(spent.filter(Boolean)).toHaveLength(1);
      expect(put.filter(Boolean)).toHaveLength(1);
      expect(renewed.filter((outcome) => outcome.saved)).toHaveLength(1);
    });

    it('claims what is due for one process only, and settles for the right one', async () => {
      const lane = randomBytes(32);
      const writes = Array.from({ length: 20 }, () => aWrite({ lane, dueAt: 1_700_000_000_000 }));
      await Promise.all(writes.map((write) => one.tokens.replace(write)));
      const [mine, yours] = [randomBytes(16), randomBytes(16)];
      const request = { lane, leaseMs: hour, limit: 15, spending: true };
      const [first, second] = await Promise.all([
        one.tokens.claimDue({ ...request, owner: mine }),
        two.tokens.claimDue({ ...request, owner: yours }),
      ]);
      const keys = [...first, ...second].map(({ key }) => key.toString('hex'));
      expect(new Set(keys).size).toBe(20);
      expect(keys).toHaveLength(20);
      const { key, generation } = first[0] ?? aWrite();
      expect(await two.tokens.markSpending({ key, generation, owner: yours })).toBe(false);
      expect(await one.tokens.markSpending({ key, generation, owner: mine })).toBe(true);
      expect((await two.tokens.get(key))?.spending).toEqual(generation);
    });

    it('shares each quota and each cool-down', async () => {
      const [bucket, lane] = [randomBytes(32), randomBytes(32)];
      const now = await one.tokens.now();
      const draws = Array.from({ length: 200 }, (_, index) => ({
        store: index % 2 === 0 ? one : two,
        draw: { bucket, amount: 1, ceiling: 50, reservation: randomBytes(reservationBytes) },
      }));
      const daily = await Promise.all(
        draws.map(({ store, draw }) => store.quotas.take({ ...draw, window: 'day', expiresAt: now + hour })),
      );
      const sliding = await Promise.all(
        draws.map(({ store, draw }) => store.quotas.takeSliding({ ...draw, windowMs: hour })),
      );
      for (const outcomes of [daily, sliding]) {
        expect(outcomes.filter(({ granted }) => granted)).toHaveLength(50);
      }
      await one.notBefore.set(lane, now + hour);
      expect(await two.notBefore.get(lane)).toBe(now + hour);
    });

    it('has everything after all were closed and it is opened again', async () => {
      const login = aWrite({ owner: randomBytes(32) });
      const gone = aWrite();
      const mark = randomBytes(32);
      await one.tokens.replace(login);
      await one.tokens.replace(gone);
      await one.tokens.remove(removal(gone));
      await one.marks.spendOnce(mark, hour);
      await one.blobs.put('session', mark, Buffer.from('value'), null);
      const bucket = randomBytes(32);
      const draw = { bucket, amount: 3, ceiling: 5, reservation: randomBytes(reservationBytes) };
      const daily = { ...draw, window: 'day', expiresAt: (await one.tokens.now()) + hour };
      const sliding = { ...draw, windowMs: hour };
      await one.quotas.take(daily);
      await one.quotas.takeSliding(sliding);
      await one.notBefore.set(bucket, daily.expiresAt);
      const holder = randomBytes(16);
      const { record } = await one.tokens.claim({ key: login.key, owner: holder, leaseMs: hour });
      await one.tokens.markSpending({ key: login.key, owner: holder, generation: login.generation });
      await Promise.all([one.close(), two.close()]);
      const again = await subject.open();
      expect(await again.tokens.get(login.key)).toEqual({ ...record, spending: login.generation });
      expect(await again.tokens.replace(gone)).toEqual({ saved: false, current: undefined });
      expect(await again.marks.spendOnce(mark, hour)).toBe(false);
      expect(await again.blobs.get('session', mark)).toEqual(Buffer.from('value'));
      expect(await again.quotas.take(daily)).toEqual({ granted: true, used: 3 });
      expect(await again.quotas.takeSliding(sliding)).toEqual({ granted: true, used: 3 });
      const another = { reservation: randomBytes(reservationBytes) };
      expect((await again.quotas.take({ ...daily, ...another })).granted).toBe(false);
      expect((await again.quotas.takeSliding({ ...sliding, ...another })).granted).toBe(false);
      expect(await again.notBefore.get(bucket)).toBe(daily.expiresAt);
    });

    it('finishes what it accepted before it closes, and accepts nothing after', async () => {
      const writes = Array.from({ length: 50 }, () => aWrite());
      const outcomes = Promise.all(writes.map((write) => one.tokens.replace(write)));
      await one.close();
      expect(await outcomes).toEqual(Array(50).fill(saved));
      const found = await Promise.all(writes.map((write) => two.tokens.get(write.key)));
      expect(found).toEqual(writes.map(stored));
      await expect(one.tokens.replace(aWrite())).rejects.toMatchObject({ name: 'StoreUnavailableError' });
      await expect(one.tokens.get(randomBytes(32))).rejects.toMatchObject({ name: 'StoreUnavailableError' });
    });
  });
}
