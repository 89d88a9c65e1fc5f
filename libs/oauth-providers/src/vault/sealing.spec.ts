import { createSecretKey, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeFields } from './fields.js';
import { generateKey, KeyRing } from './key-ring.js';
import { SealError } from './seal-error.js';
import { Sealer } from './sealing.js';

const randomness = { bytes: (size: number) => randomBytes(size) };
const newKey = (id: string) => generateKey(id, randomness).reveal();
const sealerOf = (...entries: string[]) =>
  new Sealer(KeyRing.parse({ encryptionKeys: entries.join(',') }), randomness);

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const text = fc.string({ unit: 'binary', maxLength: 20 });
const binding = fc.array(fc.oneof(text, bytes), { maxLength: 4 });

describe('Sealer', () => {
  const k1 = newKey('k1');
  const sealer = sealerOf(k1);

  it('opens what it sealed, and never seals twice alike', () => {
    fc.assert(
      fc.property(binding, bytes, (bound, plain) => {
        const sealed = sealer.seal('token', bound, plain);
        expect(sealer.open('token', bound, sealed)).toEqual(plain);
        expect(sealer.seal('token', bound, plain).equals(sealed)).toBe(false);
        expect(sealed).toHaveLength(2 + 'k1'.length + 12 + plain.length + 16);
      }),
    );
  });

  it('refuses a value of which any one bit was flipped', () => {
    const sealed = sealer.seal('token', ['key', 'generation'], Buffer.from('a token'));
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const flipped = Buffer.from(sealed);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => sealer.open('token', ['key', 'generation'], flipped)).toThrow(SealError);
    }
  });

  it('refuses a value of any other length', () => {
    const sealed = sealer.seal('token', [], Buffer.from('a token'));
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => sealer.open('token', [], sealed.subarray(0, length))).toThrow(SealError);
    }
    expect(() => sealer.open('token', [], Buffer.concat([sealed, Buffer.alloc(1)]))).toThrow(SealError);
  });

  it('refuses whatever anybody else wrote', () => {
    fc.assert(
      fc.property(bytes, (anything) => {
        expect(() => sealer.open('token', [], anything)).toThrow(SealError);
        const named = Buffer.concat([Buffer.from([1, 2]), Buffer.from('k1'), anything]);
        expect(() => sealer.open('token', [], named)).toThrow(SealError);
      }),
    );
  });

  it('refuses a value in another place, of another purpose or under another key of the same name', () => {
    fc.assert(
      fc.property(binding, binding, bytes, (here, there, plain) => {
        fc.pre(!encodeFields(here).equals(encodeFields(there)));
        const sealed = sealer.seal('session', here, plain);
        expect(() => sealer.open('session', there, sealed)).toThrow(SealError);
        expect(() => sealer.open('token', here, sealed)).toThrow(SealError);
        expect(() => sealerOf(newKey('k1')).open('session', here, sealed)).toThrow(SealError);
      }),
    );
  });

  it('does not let the fields of a binding slide into each other', () => {
    const sealed = sealer.seal('token', ['ab', 'c'], Buffer.from('x'));
    for (const other of [['a', 'bc'], ['abc'], ['ab', 'c', ''], ['', 'ab', 'c'], ['c', 'ab']]) {
      expect(() => sealer.open('token', other, sealed)).toThrow(SealError);
    }
  });

  it('refuses a value whose header was changed to another key of the ring', () => {
    const both = sealerOf(newKey('k2'), k1);
    const sealed = both.seal('token', [], Buffer.from('x'));
    sealed.write('k1', 2, 'latin1');
    expect(() => both.open('token', [], sealed)).toThrow(SealError);
  });

  it('rotates: the new key seals, the old one still opens', () => {
    const old = sealer.seal('token', [], Buffer.from('old'));
    const k2 = newKey('k2');
    const added = sealerOf(k1, k2);
    const promoted = sealerOf(k2, k1);
    expect(added.needsReseal(old)).toBe(false);
    expect(promoted.open('token', [], old).toString()).toBe('old');
    expect(promoted.needsReseal(old)).toBe(true);
    const fresh = promoted.seal('token', [], Buffer.from('new'));
    expect(promoted.needsReseal(fresh)).toBe(false);
    // A process in which the new key was only added opens what a promoted one seals.
    expect(added.open('token', [], fresh).toString()).toBe('new');
    expect(() => sealer.open('token', [], fresh)).toThrow(
      expect.objectContaining({ failure: 'unknown_key', keyId: 'k2' }),
    );
  });

  it('says nothing of a header that names no key at all', () => {
    const forged = Buffer.concat([Buffer.from([1, 9]), Buffer.from('<script>!'), randomBytes(40)]);
    expect(() => sealer.open('attempt', [], forged)).toThrow(
      expect.objectContaining({ failure: 'malformed' }),
    );
  });

  it('seals texts for cookies', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (plain) => {
        const sealed = sealer.sealText('attempt', ['__Host-oa_1'], plain);
        expect(sealed).toMatch(/^[\w-]+$/);
        expect(sealer.openText('attempt', ['__Host-oa_1'], sealed)).toBe(plain);
        expect(() => sealer.openText('attempt', ['__Host-oa_2'], sealed)).toThrow(SealError);
      }),
    );
  });

  it('knows one spelling of a sealed text only', () => {
    const sealed = sealer.sealText('attempt', [], 'x');
    for (const other of [`${sealed}=`, ` ${sealed}`, `${sealed}\n`, '', 'ä', '%']) {
      expect(() => sealer.openText('attempt', [], other)).toThrow(SealError);
    }
  });

  it('derives each key once', () => {
    const ring = KeyRing.parse({ encryptionKeys: k1 });
    const key = ring.derive('token');
    expect(ring.derive('token')).toBe(key);
    expect(ring.derive('session')?.equals(key ?? createSecretKey(Buffer.alloc(32)))).toBe(false);
    expect(ring.derive('token', 'k9')).toBeUndefined();
  });
});
