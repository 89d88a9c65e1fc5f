import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type QuotaTake, rememberedReservations, reservationBytes } from '../../../quota-store.port.js';
import { type OpenStore } from '../../../store-engine.port.js';
import { hour, second, type StoreSubject } from '../subject/store-contract.js';

/** The part of the store contract about quotas and cool-downs. */
export function describeQuotas(makeSubject: () => Promise<StoreSubject>): void {
  let subject: StoreSubject;
  let store: OpenStore;
  let start: number;
  const bucket = randomBytes(32);
  const window = '2023-11-14';
  const draw = (more: Partial<QuotaTake> = {}) =>
    store.quotas.take({
      bucket,
      window,
      amount: 1,
      ceiling: 50,
      expiresAt: start + hour,
      reservation: randomBytes(reservationBytes),
      ...more,
    });
  const granted = (outcomes: readonly { granted: boolean }[]) =>
    outcomes.filter((outcome) => outcome.granted).length;

  beforeEach(async () => {
    subject = await makeSubject();
    store = await subject.open();
    start = await store.tokens.now();
  });
  afterEach(() => subject.dispose());

  describe('quotas', () => {
    it('grant exactly fifty of two hundred that draw at once', async () => {
      const outcomes = await Promise.all(Array.from({ length: 200 }, () => draw()));
      expect(granted(outcomes)).toBe(50);
      expect(await store.quotas.used({ bucket, window })).toBe(50);
      expect(await draw()).toEqual({ granted: false, used: 50 });
    });

    it('keep the share of a purpose with a higher ceiling', async () => {
      const low = await Promise.all(Array.from({ length: 20 }, () => draw({ ceiling: 6 })));
      const high = await Promise.all(Array.from({ length: 20 }, () => draw({ ceiling: 10 })));
      expect([granted(low), granted(high)]).toEqual([6, 4]);
    });

    it('are not changed by a refusal', async () => {
      expect(await draw({ amount: 51 })).toEqual({ granted: false, used: 0 });
      expect(await draw({ amount: 48 })).toEqual({ granted: true, used: 48 });
      for (let i = 0; i < 5; i += 1) expect(await draw({ amount: 3 })).toEqual({ granted: false, used: 48 });
      expect(await draw({ amount: 2 })).toEqual({ granted: true, used: 50 });
    });

    it('count a draw once, however often it is repeated', async () => {
      const reservation = randomBytes(reservationBytes);
      const repeated = await Promise.all(Array.from({ length: 9 }, () => draw({ reservation, amount: 7 })));
      expect(repeated).toEqual(Array(9).fill({ granted: true, used: 7 }));
      await draw({ amount: 43 });
      expect(await draw({ reservation, amount: 7 })).toEqual({ granted: true, used: 50 });
    });

    it('remember as many draws as they promise', async () => {
      const first = randomBytes(reservationBytes);
      const ceiling = 1_000;
      await draw({ reservation: first, ceiling });
      for (let i = 1; i < rememberedReservations; i += 1) await draw({ ceiling });
      expect(await draw({ reservation: first, ceiling })).toEqual({ granted: true, used: 64 });
      await draw({ ceiling });
      expect(await draw({ reservation: first, ceiling })).toEqual({ granted: true, used: 66 });
    });

    it('decide a refused draw anew when it is repeated', async () => {
      const reservation = randomBytes(reservationBytes);
      expect((await draw({ reservation, ceiling: 0 })).granted).toBe(false);
      expect(await draw({ reservation, ceiling: 1 })).toEqual({ granted: true, used: 1 });
    });

    it('keep buckets and windows apart', async () => {
      await draw({ amount: 50 });
      expect(await draw({ bucket: randomBytes(32) })).toEqual({ granted: true, used: 1 });
      expect(await draw({ window: '2023-11-15' })).toEqual({ granted: true, used: 1 });
      expect(await store.quotas.used({ bucket: randomBytes(32), window })).toBe(0);
    });

    it('forget a window when it is over, whether it was swept or not', async () => {
      const reservation = randomBytes(reservationBytes);
      await draw({ amount: 50, reservation });
      await subject.advance(hour - second);
      expect((await draw()).granted).toBe(false);
      await subject.advance(second);
      expect(await store.quotas.used({ bucket, window })).toBe(0);
      expect(await draw({ reservation, expiresAt: start + 2 * hour })).toEqual({ granted: true, used: 1 });
    });

    it('refuse what is no draw', async () => {
      for (const amount of [-1, 0.5, NaN]) await expect(draw({ amount })).rejects.toThrow(RangeError);
      await expect(draw({ reservation: Buffer.alloc(3) })).rejects.toThrow(RangeError);
      await expect(
        store.quotas.takeSliding({
          bucket,
          windowMs: 60_000,
          amount: -1,
          ceiling: 1,
          reservation: randomBytes(16),
        }),
      ).rejects.toThrow(RangeError);
    });
  });

  describe('sliding quotas', () => {
    const windowMs = 5 * 60_000;
    const slide = (amount = 1, ceiling = 50, reservation = randomBytes(reservationBytes), of = bucket) =>
      store.quotas.takeSliding({ bucket: of, windowMs, amount, ceiling, reservation });

    it('grant exactly fifty of two hundred that draw at once', async () => {
      const outcomes = await Promise.all(Array.from({ length: 200 }, () => slide()));
      expect(granted(outcomes)).toBe(50);
      expect(await slide()).toEqual({ granted: false, used: 50 });
    });

    it('give back what was drawn a window ago, at most one part of sixty late', async () => {
      await slide(30);
      await subject.advance(windowMs / 2);
      await slide(20);
      await subject.advance(windowMs / 2 - second);
      expect(await slide()).toEqual({ granted: false, used: 50 });
      await subject.advance(second + windowMs / 60);
      expect(await slide()).toEqual({ granted: true, used: 21 });
    });

    it('count a draw once, also when it is repeated in a later part', async () => {
      const reservation = randomBytes(reservationBytes);
      expect(await slide(40, 50, reservation)).toEqual({ granted: true, used: 40 });
      await subject.advance(windowMs / 30);
      expect(await slide(40, 50, reservation)).toEqual({ granted: true, used: 40 });
      expect((await slide(11)).granted).toBe(false);
      expect(await slide(10)).toEqual({ granted: true, used: 50 });
    });

    it('never grant more within a window than the ceiling says, whatever happens when', async () => {
      const step = fc.record({
        pause: fc.oneof(fc.nat({ max: 9_000 }), fc.nat({ max: windowMs })),
        amount: fc.integer({ min: 1, max: 8 }),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
          const of = randomBytes(32);
          const grants: { at: number; amount: number }[] = [];
          for (const { pause, amount } of steps) {
            await subject.advance(pause);
            const at = await store.tokens.now();
            const { granted: isGranted } = await slide(amount, 20, randomBytes(reservationBytes), of);
            if (isGranted) grants.push({ at, amount });
            const within = (ms: number) =>
              grants.filter((each) => each.at > at - ms).reduce((sum, each) => sum + each.amount, 0);
            expect(within(windowMs)).toBeLessThanOrEqual(20);
            // And never refuses what would fit even with the error it admits.
            if (!isGranted) expect(within(windowMs + windowMs / 60) + amount).toBeGreaterThan(20);
          }
        }),
        { numRuns: 25 },
      );
    });
  });

  describe('cool-downs', () => {
    const lane = randomBytes(32);

    it('hold until their time, for one client', async () => {
      expect(await store.notBefore.get(lane)).toBeNull();
      await store.notBefore.set(lane, start + hour);
      expect(await store.notBefore.get(lane)).toBe(start + hour);
      expect(await store.notBefore.get(randomBytes(32))).toBeNull();
      await subject.advance(hour);
      expect(await store.notBefore.get(lane)).toBeNull();
    });

    it('are never shortened', async () => {
      await Promise.all([store.notBefore.set(lane, start + hour), store.notBefore.set(lane, start + second)]);
      expect(await store.notBefore.get(lane)).toBe(start + hour);
    });
  });
}
