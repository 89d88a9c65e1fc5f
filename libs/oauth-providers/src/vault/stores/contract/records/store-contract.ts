import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type OpenStore } from '../../../store-engine.port.js';
import { rememberedWrites, type TokenStore } from '../../../token-store.port.js';
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

/** The part of the store contract about token records, the fence and removal. */
export function describeRecords(makeSubject: () => Promise<StoreSubject>): void {
  let subject: StoreSubject;
  let store: OpenStore;

  beforeEach(async () => {
    subject = await makeSubject();
    store = await subject.open();
  });
  afterEach(() => subject.dispose());

  describe('token records', () => {
    it('has nothing under a key nobody wrote', async () => {
      expect(await store.tokens.get(randomBytes(32))).toBeUndefined();
    });

    it('gives back every byte', async () => {
      const write = aWrite({
        owner: randomBytes(32),
        sealed: Buffer.concat([Buffer.from(Array.from({ length: 256 }, (_, i) => i)), randomBytes(100_000)]),
        dueAt: 1_893_456_000_000,
      });
      expect(await store.tokens.replace(write)).toEqual(saved);
      expect(await store.tokens.get(write.key)).toEqual(stored(write));
    });

    it('keeps what it was given even when the caller’s bytes change later', async () => {
      const write = aWrite();
      const sealed = Buffer.from(write.sealed);
      await store.tokens.replace({ ...write, sealed });
      sealed.fill(0);
      expect((await store.tokens.get(write.key))?.sealed).toEqual(write.sealed);
    });

    it('lets a login replace whatever is there', async () => {
      const first = aWrite();
      const second = after(first);
      await store.tokens.replace(first);
      expect(await store.tokens.replace(second)).toEqual(saved);
      expect(await store.tokens.get(first.key)).toEqual(stored(second));
    });

    it('says how it is', async () => {
      expect(await store.health()).toMatchObject({ up: true });
    });

    it('says how the time is', async () => {
      const before = await store.tokens.now();
      await subject.advance(hour);
      expect((await store.tokens.now()) - before).toBeGreaterThanOrEqual(hour);
    });
  });

  describe('the fence', () => {
    it('saves over the generation that was spent, and keeps the owner', async () => {
      const login = aWrite({ owner: randomBytes(32) });
      const renewal = after(login);
      await store.tokens.replace(login);
      expect(await store.tokens.saveIf(renewal, login.generation)).toEqual(saved);
      expect(await store.tokens.get(login.key)).toEqual(stored(renewal));
      expect((await store.tokens.list(login.owner ?? login.key, 10)).records).toEqual([stored(renewal)]);
    });

    it('refuses any other generation and tells what is there', async () => {
      const login = aWrite();
      await store.tokens.replace(login);
      expect(await store.tokens.saveIf(after(login), randomBytes(16))).toEqual({
        saved: false,
        current: stored(login),
      });
      expect(await store.tokens.get(login.key)).toEqual(stored(login));
    });

    it('refuses to make a record out of nothing', async () => {
      const write = aWrite();
      expect(await store.tokens.saveIf(write, write.generation)).toEqual({
        saved: false,
        current: undefined,
      });
      expect(await store.tokens.get(write.key)).toBeUndefined();
    });

    it('lets exactly one of many renewals through, and shows it to the others', async () => {
      const login = aWrite();
      await store.tokens.replace(login);
      const renewals = Array.from({ length: 20 }, () => after(login));
      const outcomes = await Promise.all(
        renewals.map((renewal) => store.tokens.saveIf(renewal, login.generation)),
      );
      const winners = renewals.filter((_, index) => outcomes[index]?.saved);
      expect(winners).toHaveLength(1);
      const losers = outcomes.filter((outcome) => !outcome.saved);
      expect(losers).toEqual(Array(19).fill({ saved: false, current: stored(winners[0] ?? login) }));
    });
  });

  describe('first saves', () => {
    it('lets exactly one of many through, and shows it to the others', async () => {
      const first = aWrite({ owner: randomBytes(32), dueAt: 1_893_456_000_000 });
      const writes = [first, ...Array.from({ length: 19 }, () => after(first))];
      const outcomes = await Promise.all(writes.map((write) => store.tokens.saveFirst(write)));
      const winners = writes.filter((_, index) => outcomes[index]?.saved);
      expect(winners).toHaveLength(1);
      const winner = winners[0] ?? first;
      expect(outcomes.filter((outcome) => !outcome.saved)).toEqual(
        Array(19).fill({ saved: false, current: stored(winner) }),
      );
      expect(await store.tokens.get(first.key)).toEqual(stored(winner));
      expect((await store.tokens.list(first.owner ?? first.key, 10)).records).toEqual([stored(winner)]);
    });

    it('says that it was saved when it is asked again, and saves nothing after that', async () => {
      const first = aWrite();
      const renewal = after(first);
      expect(await store.tokens.saveFirst(first)).toEqual(saved);
      expect(await store.tokens.saveFirst(first)).toEqual(saved);
      await store.tokens.saveIf(renewal, first.generation);
      expect(await store.tokens.saveFirst(first)).toEqual({ saved: false, current: stored(renewal) });
    });

    it('come after a removal, unless they were made before it', async () => {
      const first = aWrite();
      await store.tokens.saveFirst(first);
      await store.tokens.remove(removal(first));
      expect(await store.tokens.saveFirst(first)).toEqual({ saved: false, current: undefined });
      const next = after(first);
      expect(await store.tokens.saveFirst(next)).toEqual(saved);
      expect(await store.tokens.get(first.key)).toEqual(stored(next));
    });
  });

  describe('repeated writes', () => {
    it('changes nothing when a login’s save comes twice', async () => {
      const login = aWrite();
      expect(await store.tokens.replace(login)).toEqual(saved);
      expect(await store.tokens.replace(login)).toEqual(saved);
      expect(await store.tokens.get(login.key)).toEqual(stored(login));
    });

    it('tells a renewal that asks again that it was saved', async () => {
      const login = aWrite();
      const renewal = after(login);
      await store.tokens.replace(login);
      await store.tokens.saveIf(renewal, login.generation);
      expect(await store.tokens.saveIf(renewal, login.generation)).toEqual(saved);
    });

    it.each([1, rememberedWrites - 1])('does not undo %i later writes', async (count) => {
      const first = aWrite();
      let last = first;
      await store.tokens.replace(first);
      for (let i = 0; i < count; i += 1) {
        const next = after(first);
        await store.tokens.saveIf(next, last.generation);
        last = next;
      }
      expect(await store.tokens.replace(first)).toEqual({ saved: false, current: stored(last) });
      expect(await store.tokens.get(first.key)).toEqual(stored(last));
    });
  });

  describe('removal', () => {
    it('takes the record away', async () => {
      const login = aWrite({ owner: randomBytes(32) });
      await store.tokens.replace(login);
      await store.tokens.remove(removal(login));
      expect(await store.tokens.get(login.key)).toBeUndefined();
      expect((await store.tokens.list(login.owner ?? login.key, 10)).records).toEqual([]);
    });

    it('wins against a renewal that comes home late', async () => {
      const login = aWrite();
      await store.tokens.replace(login);
      await store.tokens.remove(removal(login));
      const outcome = await store.tokens.saveIf(after(login), login.generation);
      expect(outcome).toEqual({ saved: false, current: undefined });
      expect(await store.tokens.get(login.key)).toBeUndefined();
    });

    it('wins against a repeated write, as long as the tombstone stands', async () => {
      const login = aWrite();
      await store.tokens.replace(login);
      await store.tokens.remove(removal(login));
      await subject.advance(hour - second);
      expect(await store.tokens.replace(login)).toEqual({ saved: false, current: undefined });
      expect(await store.tokens.get(login.key)).toBeUndefined();
    });

    it('wins against a late renewal even when the tombstone is gone', async () => {
      const login = aWrite();
      await store.tokens.replace(login);
      await store.tokens.remove(removal(login));
      await subject.advance(hour + second);
      await store.tokens.remove(removal(aWrite()));
      expect((await store.tokens.saveIf(after(login), login.generation)).saved).toBe(false);
      expect(await store.tokens.get(login.key)).toBeUndefined();
    });

    it('does not keep somebody from signing in again', async () => {
      const login = aWrite();
      const removed = removal(login);
      const again = after(login);
      await store.tokens.replace(login);
      await store.tokens.remove(removed);
      expect(await store.tokens.replace(again)).toEqual(saved);
      await store.tokens.remove(removed);
      expect(await store.tokens.get(login.key)).toEqual(stored(again));
      expect(await store.tokens.replace(login)).toEqual({ saved: false, current: stored(again) });
    });

    it('of what is not there is no error', async () => {
      await expect(store.tokens.remove(removal(aWrite()))).resolves.toBeUndefined();
    });
  });

  describe('listing', () => {
    async function listAll(tokens: TokenStore, owner: Buffer, limit: number): Promise<Buffer[]> {
      const keys: Buffer[] = [];
      let cursor: Buffer | undefined;
      do {
        const page = await tokens.list(owner, limit, cursor);
        expect(page.records.length).toBeLessThanOrEqual(limit);
        keys.push(...page.records.map((record) => record.key));
        cursor = page.next;
      } while (cursor !== undefined);
      return keys;
    }

    it.each([1, 2, 5, 6, 7])('gives each record of an owner once, %i at a time', async (limit) => {
      const owner = randomBytes(32);
      const writes = Array.from({ length: 6 }, () => aWrite({ owner }));
      for (const write of [...writes, aWrite({ owner: randomBytes(32) }), aWrite()]) {
        await store.tokens.replace(write);
      }
      const expected = writes.map((write) => write.key).sort((a, b) => Buffer.compare(a, b));
      expect(await listAll(store.tokens, owner, limit)).toEqual(expected);
    });

    it('follows a record to its new owner', async () => {
      const first = aWrite({ owner: randomBytes(32) });
      const second = { ...after(first), owner: randomBytes(32) };
      await store.tokens.replace(first);
      await store.tokens.replace(second);
      expect(await listAll(store.tokens, first.owner ?? first.key, 10)).toEqual([]);
      expect(await listAll(store.tokens, second.owner, 10)).toEqual([first.key]);
    });
  });
}
