import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type OpenStore } from '../../../store-engine.port.js';
import {
  type ReplacingWrite,
  type StateChange,
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
const cause = '{"reason":"refused","errorClass":"unknown"}';
const degraded: StateChange = {
  state: 'degraded',
  cause,
  failures: 2,
  refusals: 1,
  refusedSince: 1_699_999_999_000,
  dueAt: 1_700_000_060_000,
  spending: 'clear',
};

/** The part of the store contract about who may renew a record, and what becomes of it. */
export function describeLeases(makeSubject: () => Promise<StoreSubject>): void {
  let subject: StoreSubject;
  let store: OpenStore;
  let tokens: TokenStore;
  let login: ReplacingWrite;
  const [one, two] = [randomBytes(16), randomBytes(16)];
  const claim = (owner: Buffer) => tokens.claim({ key: login.key, owner, leaseMs });
  const mark = (owner: Buffer, generation = login.generation) =>
    tokens.markSpending({ key: login.key, owner, generation });
  const settle = (owner: Buffer | null, change = degraded, generation = login.generation) =>
    tokens.settle({ key: login.key, owner, generation, change });
  const now = (): Promise<StoredToken | undefined> => tokens.get(login.key);

  beforeEach(async () => {
    subject = await makeSubject();
    store = await subject.open();
    tokens = store.tokens;
    login = aWrite({ owner: randomBytes(32), dueAt: 1_700_000_000_000 });
    await tokens.replace(login);
  });
  afterEach(() => subject.dispose());

  describe('claims', () => {
    it('lets exactly one of twenty have the lease, and shows it to the others', async () => {
      const owners = Array.from({ length: 20 }, () => randomBytes(16));
      const claims = await Promise.all(owners.map(claim));
      const winner = owners.filter((_, index) => claims[index]?.claimed);
      expect(winner).toHaveLength(1);
      const lease = { owner: winner[0], until: (await tokens.now()) + leaseMs };
      for (const { record } of claims) expect(record).toEqual({ ...stored(login), lease });
      expect(await now()).toEqual({ ...stored(login), lease });
    });

    it('counts from now again when the same owner asks again', async () => {
      await claim(one);
      await subject.advance(leaseMs - second);
      expect(await claim(one)).toMatchObject({ claimed: true });
      await subject.advance(leaseMs - second);
      expect(await claim(two)).toMatchObject({ claimed: false, record: { lease: { owner: one } } });
    });

    it('has nothing to claim where there is no record', async () => {
      expect(await tokens.claim({ key: randomBytes(32), owner: one, leaseMs })).toEqual({ claimed: false });
      await tokens.remove(removal(login));
      expect(await claim(one)).toEqual({ claimed: false });
    });

    it('lets another take over what nobody gave back in time', async () => {
      await claim(one);
      await subject.advance(leaseMs - 1);
      expect(await claim(two)).toMatchObject({ claimed: false });
      await subject.advance(1);
      expect(await claim(two)).toMatchObject({ claimed: true, record: { lease: { owner: two } } });
    });

    it('keeps what the caller’s bytes said even when they change later', async () => {
      const owner = Buffer.from(one);
      await claim(owner);
      owner.fill(0);
      expect((await now())?.lease?.owner).toEqual(one);
    });

    it('gives back a lease to nobody but its owner', async () => {
      await claim(one);
      await tokens.release({ key: login.key, owner: two });
      expect(await claim(two)).toMatchObject({ claimed: false });
      await tokens.release({ key: login.key, owner: one });
      await tokens.release({ key: login.key, owner: one });
      expect(await now()).toEqual(stored(login));
      expect(await claim(two)).toMatchObject({ claimed: true });
      await tokens.release({ key: login.key, owner: one });
      expect((await now())?.lease?.owner).toEqual(two);
      await expect(tokens.release({ key: randomBytes(32), owner: one })).resolves.toBeUndefined();
    });
  });

  describe('spending', () => {
    it('is noted for whoever holds the lease of that generation, as often as asked', async () => {
      expect(await mark(one)).toBe(false);
      await claim(one);
      expect(await mark(two)).toBe(false);
      expect(await mark(one, randomBytes(16))).toBe(false);
      expect((await now())?.spending).toBeNull();
      expect(await mark(one)).toBe(true);
      expect(await mark(one)).toBe(true);
      expect((await now())?.spending).toEqual(login.generation);
      await subject.advance(leaseMs);
      expect(await mark(one)).toBe(false);
    });

    it('outlasts its holder, so that the next one knows', async () => {
      await claim(one);
      await mark(one);
      await subject.advance(leaseMs);
      expect(await claim(two)).toMatchObject({ claimed: true, record: { spending: login.generation } });
    });

    it('is taken back by its owner alone, be the lease over, and the lease stays', async () => {
      const unmark = (owner: Buffer, generation = login.generation) =>
        tokens.unmarkSpending({ key: login.key, owner, generation });
      await claim(one);
      const claimed = await now();
      await mark(one);
      await unmark(two);
      await unmark(one, randomBytes(16));
      expect((await now())?.spending).toEqual(login.generation);
      await unmark(one);
      await unmark(one);
      expect(await now()).toEqual(claimed);
      await mark(one);
      await subject.advance(leaseMs);
      await unmark(one);
      expect(await now()).toEqual(claimed);
      expect(await claim(two)).toMatchObject({ claimed: true });
      await mark(two);
      await unmark(one);
      expect((await now())?.spending).toEqual(login.generation);
      await tokens.release({ key: login.key, owner: two });
      await unmark(two);
      expect((await now())?.spending).toEqual(login.generation);
      await expect(
        tokens.unmarkSpending({ key: randomBytes(32), owner: one, generation: login.generation }),
      ).resolves.toBeUndefined();
    });

    it.each(['keep', 'clear'] as const)('is settled as told: %s', async (spending) => {
      await claim(one);
      await mark(one);
      expect(await settle(one, { ...degraded, spending })).toBe(true);
      expect((await now())?.spending).toEqual(spending === 'keep' ? login.generation : null);
    });
  });

  describe('settling', () => {
    const settled = (): StoredToken => ({ ...stored(login), ...degraded, spending: null });

    it('writes how it went and gives the lease back', async () => {
      await claim(one);
      await mark(one);
      expect(await settle(one)).toBe(true);
      expect(await now()).toEqual(settled());
      expect((await tokens.list(login.owner ?? login.key, 9)).records).toEqual([settled()]);
      expect(await claim(two)).toMatchObject({ claimed: true });
    });

    it('is true once more for an owner whose change is in place, and writes nothing', async () => {
      await claim(one);
      expect(await settle(one)).toBe(true);
      expect(await settle(one)).toBe(true);
      expect(await settle(one, { ...degraded, failures: 3 })).toBe(false);
      expect(await now()).toEqual(settled());
      await claim(two);
      expect(await settle(one)).toBe(false);
      expect((await now())?.lease?.owner).toEqual(two);
    });

    it('is late but valid while nobody else has taken the lease', async () => {
      await claim(one);
      await subject.advance(hour);
      expect(await settle(one)).toBe(true);
      expect(await now()).toEqual(settled());
    });

    it('yields without a lease to everybody that has one', async () => {
      expect(await settle(null)).toBe(true);
      expect(await now()).toEqual(settled());
      await claim(one);
      expect(await settle(null, { ...degraded, failures: 9 })).toBe(false);
      await subject.advance(leaseMs);
      expect(await settle(null, { ...degraded, failures: 9 })).toBe(true);
      expect(await now()).toEqual({ ...settled(), failures: 9 });
    });

    it.each(['needs_login', 'revoked'] as const)('never lets a record be due that is %s', async (state) => {
      await claim(one);
      const change: StateChange = { ...degraded, state, dueAt: 1 };
      expect(await settle(one, change)).toBe(true);
      expect(await settle(one, change)).toBe(true);
      expect(await now()).toEqual({ ...settled(), state, dueAt: null });
      expect(await tokens.due({ lane: login.lane })).toEqual({ count: 0, oldest: null });
    });

    it('is refused for another generation', async () => {
      await claim(one);
      expect(await settle(one, degraded, randomBytes(16))).toBe(false);
      expect(await settle(null, degraded, randomBytes(16))).toBe(false);
      expect(await now()).toMatchObject({ state: 'fresh', lease: { owner: one } });
    });
  });

  describe('a holder that comes home late', () => {
    beforeEach(async () => {
      await claim(one);
      await mark(one);
      await subject.advance(leaseMs);
      await claim(two);
    });

    it('may change nothing about the record that somebody else took over', async () => {
      const before = await now();
      expect(await mark(one)).toBe(false);
      expect(await settle(one)).toBe(false);
      await tokens.release({ key: login.key, owner: one });
      expect(await now()).toEqual(before);
    });

    it('may still deliver the tokens it got, which ends everything that was under way', async () => {
      const renewal = after(login);
      expect(await tokens.saveIf(renewal, login.generation)).toEqual(saved);
      expect(await now()).toEqual(stored(renewal));
      expect(await settle(two)).toBe(false);
      expect(await mark(two)).toBe(false);
      expect(await now()).toEqual(stored(renewal));
    });

    it('comes too late after a newer save', async () => {
      const newer = after(login);
      await tokens.saveIf(newer, login.generation);
      expect(await tokens.saveIf(after(login), login.generation)).toEqual({
        saved: false,
        current: stored(newer),
      });
    });

    it('finds nothing after a delete, which wins against all of it', async () => {
      await tokens.remove(removal(login));
      const outcomes = [claim(one), mark(two), settle(two), settle(null), claim(two)];
      expect(await Promise.all(outcomes)).toEqual([
        { claimed: false },
        false,
        false,
        false,
        { claimed: false },
      ]);
      expect((await tokens.saveIf(after(login), login.generation)).saved).toBe(false);
      expect(await now()).toBeUndefined();
      expect(await tokens.due({ lane: login.lane })).toEqual({ count: 0, oldest: null });
    });
  });

  it('makes a record fresh again with any save', async () => {
    const saves = [
      (write: ReplacingWrite) => tokens.replace(write),
      (write: ReplacingWrite) => tokens.saveIf(write, login.generation),
    ];
    for (const save of saves) {
      await claim(one);
      await mark(one);
      await settle(one, { ...degraded, spending: 'keep' });
      await claim(one);
      const renewal = aWrite({ ...login, writeId: randomBytes(12), generation: randomBytes(16), dueAt: 5 });
      expect(await save(renewal)).toEqual(saved);
      expect(await now()).toEqual(stored(renewal));
      login = renewal;
    }
  });
}
