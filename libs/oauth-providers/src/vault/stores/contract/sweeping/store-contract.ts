import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type OpenStore } from '../../../store-engine.port.js';
import {
  largestBacklog,
  type ReplacingWrite,
  type StoredToken,
  type TokenStore,
} from '../../../token-store.port.js';
import {
  after,
  aWrite,
  hour,
  removal,
  saved,
  second,
  stored,
  type StoreSubject,
} from '../subject/store-contract.js';

const leaseMs = 30 * second;
const owner = randomBytes(16);
const lane = randomBytes(32);

/** The part of the store contract about everything that is due, and about all there is. */
export function describeSweeping(makeSubject: () => Promise<StoreSubject>): void {
  let subject: StoreSubject;
  let store: OpenStore;
  let tokens: TokenStore;
  let start: number;
  const claimDue = (limit: number, by = owner, spending = false) =>
    tokens.claimDue({ lane, owner: by, leaseMs, limit, spending });

  beforeEach(async () => {
    subject = await makeSubject();
    store = await subject.open();
    tokens = store.tokens;
    start = await tokens.now();
  });
  afterEach(() => subject.dispose());

  async function save(...writes: readonly ReplacingWrite[]): Promise<readonly Buffer[]> {
    await Promise.all(writes.map((write) => tokens.replace(write)));
    return writes.map(({ key }) => key);
  }

  /** Records that are due one second after the other, the last of them now; saved in no order. */
  async function overdue(count: number, of = lane): Promise<readonly Buffer[]> {
    const writes = Array.from({ length: count }, (_, i) =>
      aWrite({ lane: of, dueAt: start - (count - 1 - i) * second }),
    );
    await save(...writes.filter((_, i) => i % 2 === 0), ...writes.filter((_, i) => i % 2 === 1));
    return writes.map(({ key }) => key);
  }

  const keysOf = (records: readonly StoredToken[]) => records.map(({ key }) => key);

  describe('what is due', () => {
    it('is claimed longest due first, no more than asked for, and not twice', async () => {
      const keys = await overdue(7);
      expect(keysOf(await claimDue(3))).toEqual(keys.slice(0, 3));
      expect(keysOf(await claimDue(3))).toEqual(keys.slice(3, 6));
      expect(keysOf(await claimDue(3))).toEqual(keys.slice(6));
      expect(await claimDue(3)).toEqual([]);
      await subject.advance(leaseMs);
      for (const limit of [0, -1]) expect(await claimDue(limit)).toEqual([]);
    });

    it('comes as it is, with the lease on it', async () => {
      const write = aWrite({ lane, dueAt: start });
      await save(write);
      const lease = { owner, until: start + leaseMs };
      expect(await claimDue(1)).toEqual([{ ...stored(write), lease }]);
      expect(await tokens.get(write.key)).toEqual({ ...stored(write), lease });
      expect(await tokens.claim({ key: write.key, owner: randomBytes(16), leaseMs })).toMatchObject({
        claimed: false,
      });
    });

    it('is marked in the same step where that is asked for, and comes with the mark as it was', async () => {
      const [marked, plain] = [aWrite({ lane, dueAt: start - second }), aWrite({ lane, dueAt: start })];
      await save(marked, plain);
      const before = randomBytes(16);
      await tokens.claim({ key: marked.key, owner: before, leaseMs });
      await tokens.markSpending({ ...marked, owner: before });
      await tokens.release({ key: marked.key, owner: before });
      const lease = { owner, until: start + leaseMs };
      expect(await claimDue(2, owner, true)).toEqual([
        { ...stored(marked), lease, spending: marked.generation },
        { ...stored(plain), lease },
      ]);
      for (const write of [marked, plain]) {
        expect(await tokens.get(write.key)).toEqual({ ...stored(write), lease, spending: write.generation });
      }
      await subject.advance(leaseMs);
      const [, again] = await claimDue(2, randomBytes(16), true);
      expect(again).toMatchObject({ key: plain.key, spending: plain.generation });
    });

    it('is marked for nobody who does not ask, and keeps a mark it has', async () => {
      const write = aWrite({ lane, dueAt: start });
      await save(write);
      await claimDue(1);
      expect((await tokens.get(write.key))?.spending).toBeNull();
      await subject.advance(leaseMs);
      await claimDue(1, owner, true);
      await subject.advance(leaseMs);
      expect(await claimDue(1)).toMatchObject([{ spending: write.generation }]);
      expect((await tokens.get(write.key))?.spending).toEqual(write.generation);
    });

    it('comes with all there is to say of it, marked or not', async () => {
      const write = aWrite({ lane, owner: randomBytes(32), dueAt: start });
      await save(write);
      const change = {
        state: 'degraded',
        ...{ cause: '{"reason":"outage"}', failures: 3, refusals: 1 },
        ...{ refusedSince: start - second, dueAt: start - 5 },
      } as const;
      await claimDue(1, owner, true);
      await tokens.settle({ ...write, owner, change: { ...change, spending: 'keep' } });
      const record = { ...stored(write), ...change, spending: write.generation };
      const lease = { owner, until: start + leaseMs };
      expect(await claimDue(1, owner, true)).toEqual([{ ...record, lease }]);
      await tokens.settle({ ...write, owner, change: { ...change, spending: 'clear' } });
      expect(await claimDue(1, owner, true)).toEqual([{ ...record, spending: null, lease }]);
      expect(await tokens.get(write.key)).toEqual({ ...record, lease });
    });

    it('is neither what is due later, nor never, nor in another lane, nor gone', async () => {
      const other = randomBytes(32);
      await overdue(2, other);
      const gone = aWrite({ lane, dueAt: start });
      const later = aWrite({ lane, dueAt: start + second });
      await save(gone, later, aWrite({ lane, dueAt: null }));
      await tokens.remove(removal(gone));
      expect(await claimDue(9)).toEqual([]);
      await subject.advance(second);
      expect(keysOf(await claimDue(9))).toEqual([later.key]);
    });

    it('is shared without overlap by many who claim at once', async () => {
      const keys = await overdue(40);
      const shares = await Promise.all(Array.from({ length: 8 }, () => claimDue(5, randomBytes(16))));
      expect(shares.map(({ length }) => length)).toEqual(Array(8).fill(5));
      const claimed = keysOf(shares.flat()).map((key) => key.toString('hex'));
      expect(claimed.sort()).toEqual(keys.map((key) => key.toString('hex')).sort());
    });

    it('comes again when a lease ends or is given back', async () => {
      const [first, last] = await overdue(2);
      await claimDue(2);
      await tokens.release({ key: last ?? lane, owner });
      expect(keysOf(await claimDue(2))).toEqual([last]);
      await subject.advance(leaseMs);
      expect(keysOf(await claimDue(2))).toEqual([first, last]);
    });

    it('takes its old place in the line again when whoever held it does not come back', async () => {
      const keys = await overdue(6);
      const held = keys.filter((_, i) => i % 2 === 1);
      for (const key of held) await tokens.claim({ key, owner: randomBytes(16), leaseMs });
      await subject.advance(leaseMs);
      expect(keysOf(await claimDue(4))).toEqual(keys.slice(0, 4));
      expect(keysOf(await claimDue(4))).toEqual(keys.slice(4));
      await subject.advance(leaseMs);
      expect(keysOf(await claimDue(5))).toEqual(keys.slice(0, 5));
    });

    it('is due no longer when it was saved or settled for later', async () => {
      const [one, two] = [aWrite({ lane, dueAt: start }), aWrite({ lane, dueAt: start })];
      await save(one, two);
      await claimDue(2);
      await tokens.saveIf({ ...after(one), dueAt: start + hour }, one.generation);
      const change = {
        state: 'degraded',
        cause: null,
        failures: 1,
        refusals: 0,
        refusedSince: null,
      } as const;
      await tokens.settle({
        ...two,
        owner,
        change: { ...change, dueAt: start + second, spending: 'keep' },
      });
      expect(await claimDue(2)).toEqual([]);
      await subject.advance(second);
      expect(await claimDue(2)).toMatchObject([{ key: two.key, ...change }]);
      await subject.advance(hour);
      expect(keysOf(await claimDue(2))).toEqual([two.key, one.key]);
    });

    it('follows a record to another lane', async () => {
      const write = aWrite({ lane: randomBytes(32), dueAt: start });
      await save(write);
      expect(await tokens.saveIf({ ...after(write), lane, dueAt: start }, write.generation)).toEqual(saved);
      expect((await tokens.due({ lane: write.lane })).count).toBe(0);
      expect(keysOf(await claimDue(1))).toEqual([write.key]);
    });

    it('is counted with its oldest, without what is being renewed', async () => {
      expect(await tokens.due({ lane })).toEqual({ count: 0, oldest: null });
      await overdue(5);
      expect(await tokens.due({ lane })).toEqual({ count: 5, oldest: start - 4 * second });
      await claimDue(2);
      expect(await tokens.due({ lane })).toEqual({ count: 3, oldest: start - 2 * second });
    });

    it('is counted from when it was due, also after a lease that nobody gave back', async () => {
      await overdue(3);
      await claimDue(1);
      expect(await tokens.due({ lane })).toEqual({ count: 2, oldest: start - second });
      await subject.advance(leaseMs);
      expect(await tokens.due({ lane })).toEqual({ count: 3, oldest: start - 2 * second });
      await claimDue(3);
      expect(await tokens.due({ lane })).toEqual({ count: 0, oldest: null });
      await subject.advance(leaseMs);
      expect(await tokens.due({ lane })).toEqual({ count: 3, oldest: start - 2 * second });
    });

    it('is counted up to a bound', async () => {
      await save(
        ...Array.from({ length: largestBacklog + 5 }, () =>
          aWrite({ lane, dueAt: start, sealed: Buffer.alloc(1) }),
        ),
      );
      expect(await tokens.due({ lane })).toEqual({ count: largestBacklog, oldest: start });
    });
  });

  describe('all records', () => {
    it.each([1, 3, 7, 8])('are walked through by key, %i at a time', async (limit) => {
      const keys = await save(...Array.from({ length: 7 }, () => aWrite()));
      const gone = aWrite();
      await save(gone);
      await tokens.remove(removal(gone));
      const seen: Buffer[] = [];
      let cursor: Buffer | undefined;
      do {
        const page = await tokens.page({ limit, after: cursor });
        expect(page.records.length).toBeLessThanOrEqual(limit);
        seen.push(...keysOf(page.records));
        cursor = page.next;
      } while (cursor !== undefined);
      expect(seen).toEqual([...keys].sort((a, b) => Buffer.compare(a, b)));
    });

    it('keep everything but their seal when they are sealed anew', async () => {
      const write = aWrite({ owner: randomBytes(32), lane, dueAt: start });
      await save(write);
      const { record } = await tokens.claim({ key: write.key, owner, leaseMs });
      const sealed = randomBytes(300);
      const resealing = { key: write.key, generation: write.generation, sealed: Buffer.from(sealed) };
      expect(await tokens.reseal(resealing)).toBe(true);
      expect(await tokens.reseal(resealing)).toBe(true);
      resealing.sealed.fill(0);
      expect(await tokens.get(write.key)).toEqual({ ...record, sealed });
    });

    it('are not sealed anew over a save that came in between, nor after a delete', async () => {
      const login = aWrite();
      const renewal = after(login);
      const resealing = { key: login.key, generation: login.generation, sealed: randomBytes(9) };
      await save(login);
      const [renewed, resealed] = await Promise.all([
        tokens.saveIf(renewal, login.generation),
        tokens.reseal(resealing),
      ]);
      expect([renewed, resealed]).toEqual([saved, false]);
      expect(await tokens.get(login.key)).toEqual(stored(renewal));
      await tokens.remove(removal(login));
      expect(await tokens.reseal({ ...resealing, generation: renewal.generation })).toBe(false);
      expect(await tokens.get(login.key)).toBeUndefined();
    });
  });
}
