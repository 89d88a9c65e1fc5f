import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type BlobStore, type OpenStore } from '../../../store-engine.port.js';
import { hour, second, type StoreSubject } from '../subject/store-contract.js';

/** The part of the store contract about marks and blobs. */
export function describeMarksAndBlobs(makeSubject: () => Promise<StoreSubject>): void {
  let subject: StoreSubject;
  let store: OpenStore;

  beforeEach(async () => {
    subject = await makeSubject();
    store = await subject.open();
  });
  afterEach(() => subject.dispose());

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

    it.each([1, 3, 4, 5])('walks through one namespace by key, %i at a time', async (limit) => {
      const keys = Array.from({ length: 4 }, () => randomBytes(32)).sort((a, b) => Buffer.compare(a, b));
      for (const each of keys) await blobs.put('session', each, Buffer.from(each), null);
      await blobs.put('directory', key, value, null);
      await blobs.put('sessions', randomBytes(32), value, null);
      await blobs.put('session', randomBytes(32), value, start);
      const seen: { key: Buffer; value: Buffer }[] = [];
      let after: Buffer | undefined;
      do {
        const page = await blobs.page({ namespace: 'session', limit, after });
        expect(page.blobs.length).toBeLessThanOrEqual(limit);
        seen.push(...page.blobs);
        after = page.next;
      } while (after !== undefined);
      expect(seen).toEqual(keys.map((each) => ({ key: each, value: each })));
      await expect(blobs.page({ namespace: 'a/b', limit })).rejects.toThrow(TypeError);
    });

    it('replaces a value that is still the same, and leaves its time', async () => {
      const next = randomBytes(9);
      const replacement = { namespace: 'session', key, expected: value, value: Buffer.from(next) };
      await blobs.put('session', key, value, start + hour);
      expect(await blobs.replaceIf({ ...replacement, namespace: 'directory' })).toBe(false);
      expect(await blobs.replaceIf({ ...replacement, expected: next })).toBe(false);
      expect(await blobs.get('session', key)).toEqual(value);
      expect(await blobs.replaceIf(replacement)).toBe(true);
      replacement.value.fill(0);
      expect(await blobs.get('session', key)).toEqual(next);
      await subject.advance(hour);
      expect(await blobs.get('session', key)).toBeUndefined();
      expect(await blobs.replaceIf({ ...replacement, expected: next })).toBe(false);
    });

    it('replaces nothing that was put or deleted in between', async () => {
      const newer = randomBytes(20);
      const stale = { namespace: 'session', key, expected: value, value: randomBytes(9) };
      await blobs.put('session', key, value, null);
      const [, replaced] = await Promise.all([
        blobs.put('session', key, newer, null),
        blobs.replaceIf(stale),
      ]);
      expect(replaced).toBe(false);
      expect(await blobs.get('session', key)).toEqual(newer);
      await blobs.delete('session', key);
      expect(await blobs.replaceIf({ ...stale, expected: newer })).toBe(false);
      expect(await blobs.get('session', key)).toBeUndefined();
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
}
