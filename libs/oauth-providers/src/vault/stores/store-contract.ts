import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type BlobStore, type OpenStore } from '../store-engine.port.js';
import {
  rememberedWrites,
  type ReplacingWrite,
  type StoredToken,
  type TokenStore,
  type TokenWrite,
  writeIdBytes,
} from '../token-store.port.js';

/** One store under test, empty at first. */
export interface StoreSubject {
  /** Opens the store; each further call opens it once more, as another process would. */
  open(): Promise<OpenStore>;
  /** Moves store time on. */
  advance(ms: number): Promise<void>;
  /** Closes and removes everything. */
  dispose(): Promise<void>;
}

const second = 1_000;
const hour = 3_600_000;

/** A write of random bytes, for a record of one's own unless told otherwise. */
function aWrite(more: Partial<ReplacingWrite> = {}): ReplacingWrite {
  return {
    key: randomBytes(32),
    owner: null,
    writeId: randomBytes(writeIdBytes),
    generation: randomBytes(16),
    sealed: randomBytes(200),
    lane: randomBytes(32),
    dueAt: null,
    ...more,
  };
}

/** The next write of the record that `write` saved. */
function after(write: ReplacingWrite): ReplacingWrite {
  return aWrite({ key: write.key, owner: write.owner, lane: write.lane });
}

function stored({ key, generation, sealed, lane, dueAt }: ReplacingWrite): StoredToken {
  const counts = { failures: 0, refusals: 0, refusedSince: null };
  return {
    key,
    generation,
    sealed,
    lane,
    dueAt,
    state: 'fresh',
    cause: null,
    ...counts,
    lease: null,
    spending: null,
  };
}

function removal({ key }: TokenWrite) {
  return { key, writeId: randomBytes(writeIdBytes), tombstoneMs: hour };
}

const saved = { saved: true };

/**
 * What every store must do, whatever it is made of. It moves time itself and sleeps nowhere.
 *
 * @param name - the store's name, for the report
 * @param makeSubject - makes a store of one's own for each test
 */
export function describeStoreContract(name: string, makeSubject: () => Promise<StoreSubject>): void {
  describe(`${name} keeps the store contract`, () => {
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
          sealed: Buffer.concat([
            Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
            randomBytes(100_000),
          ]),
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

    describe('marks', () => {
      it('lets exactly one of twenty spend a mark', async () => {
        const mark = randomBytes(32);
        const results = await Promise.all(
          Array.from({ length: 20 }, () => store.marks.spendOnce(mark, 10 * second)),
        );
        expect(results.filter(Boolean)).toHaveLength(1);
        expect(await store.marks.spendOnce(mark, 10 * second)).toBe(false);
        expect(await store.marks.spendOnce(randomBytes(32), 10 * second)).toBe(true);
      });

      it('forgets a mark when its time is over, for exactly one', async () => {
        const mark = randomBytes(32);
        await store.marks.spendOnce(mark, 10 * second);
        await subject.advance(9 * second);
        expect(await store.marks.spendOnce(mark, 10 * second)).toBe(false);
        await subject.advance(2 * second);
        const results = await Promise.all(
          Array.from({ length: 20 }, () => store.marks.spendOnce(mark, 10 * second)),
        );
        expect(results.filter(Boolean)).toHaveLength(1);
      });
    });

    describe('blobs', () => {
      const key = randomBytes(32);
      const value = randomBytes(300);
      let blobs: BlobStore;
      let start: number;

      beforeEach(async () => {
        blobs = store.blobs;
        start = await store.tokens.now();
      });

      it('keeps a value until it is replaced or deleted', async () => {
        await blobs.put('session', key, value, null);
        expect(await blobs.get('session', key)).toEqual(value);
        await blobs.put('session', key, Buffer.alloc(0), null);
        expect(await blobs.get('session', key)).toEqual(Buffer.alloc(0));
        await blobs.delete('session', key);
        expect(await blobs.get('session', key)).toBeUndefined();
        await blobs.delete('session', key);
      });

      it('keeps namespaces apart and refuses names that do not fit', async () => {
        await blobs.put('session', key, value, null);
        expect(await blobs.get('directory', key)).toBeUndefined();
        await blobs.delete('directory', key);
        expect(await blobs.get('session', key)).toEqual(value);
        await expect(blobs.put('a/b', key, value, null)).rejects.toThrow(TypeError);
        await expect(blobs.get('a\0', key)).rejects.toThrow(TypeError);
      });

      it('loses a value when its time is over', async () => {
        await blobs.put('session', key, value, start + hour);
        await subject.advance(hour - second);
        expect(await blobs.get('session', key)).toEqual(value);
        await subject.advance(second);
        expect(await blobs.get('session', key)).toBeUndefined();
      });

      it('touches what is alive and nothing else', async () => {
        await blobs.put('session', key, value, start + hour);
        await blobs.touch('session', key, start + 2 * hour);
        await subject.advance(hour + second);
        expect(await blobs.get('session', key)).toEqual(value);
        await subject.advance(hour);
        await blobs.touch('session', key, start + 9 * hour);
        expect(await blobs.get('session', key)).toBeUndefined();
        await blobs.touch('session', randomBytes(32), null);
      });

      it('puts a value where there is none for exactly one of twenty', async () => {
        const values = Array.from({ length: 20 }, () => randomBytes(30));
        const results = await Promise.all(
          values.map((each) => blobs.putIfAbsent('session', key, each, start + hour)),
        );
        expect(results.filter(Boolean)).toHaveLength(1);
        expect(await blobs.get('session', key)).toEqual(values[results.indexOf(true)]);
        await subject.advance(hour);
        expect(await blobs.putIfAbsent('session', key, value, null)).toBe(true);
        expect(await blobs.putIfAbsent('session', key, values[0] ?? value, null)).toBe(false);
        expect(await blobs.get('session', key)).toEqual(value);
      });

      it('sweeps what has expired, no more than it was asked to', async () => {
        for (let i = 0; i < 5; i += 1) await blobs.put('session', randomBytes(32), value, start + second);
        await blobs.put('session', key, value, null);
        expect(await blobs.sweep(100)).toBe(0);
        await subject.advance(2 * second);
        expect(await blobs.sweep(3)).toBe(3);
        expect(await blobs.sweep(3)).toBe(2);
        expect(await blobs.sweep(3)).toBe(0);
        expect(await blobs.get('session', key)).toEqual(value);
      });
    });
  });
}

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

    it('has everything after all were closed and it is opened again', async () => {
      const login = aWrite({ owner: randomBytes(32) });
      const gone = aWrite();
      const mark = randomBytes(32);
      await one.tokens.replace(login);
      await one.tokens.replace(gone);
      await one.tokens.remove(removal(gone));
      await one.marks.spendOnce(mark, hour);
      await one.blobs.put('session', mark, Buffer.from('value'), null);
      await Promise.all([one.close(), two.close()]);
      const again = await subject.open();
      expect(await again.tokens.get(login.key)).toEqual(stored(login));
      expect(await again.tokens.replace(gone)).toEqual({ saved: false, current: undefined });
      expect(await again.marks.spendOnce(mark, hour)).toBe(false);
      expect(await again.blobs.get('session', mark)).toEqual(Buffer.from('value'));
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
