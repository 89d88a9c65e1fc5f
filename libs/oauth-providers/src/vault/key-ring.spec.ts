import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { OAuthConfigurationError } from '../core/errors.js';
import { generateKey, KeyRing } from './key-ring.js';

const randomness = { bytes: (size: number) => randomBytes(size) };
const good = randomBytes(32).toString('base64');

describe('KeyRing.parse', () => {
  it('reads a ring, newest first', () => {
    const ring = KeyRing.parse({
      encryptionKeys: ` new:${good} , a_B-9:${randomBytes(32).toString('base64')}`,
    });
    expect(ring.newestId).toBe('new');
    expect(ring.has('a_B-9')).toBe(true);
    expect(ring.has('old')).toBe(false);
  });

  it.each([
    ['', /is empty.*npm run keys/],
    [' , ', /is empty/],
    [good, /entry 1 has no colon/],
    [`k1:${good},`, /entry 2 has no colon/],
    [`:${good}`, /entry 1 has an id that does not fit/],
    [`seventeen-letters:${good}`, /entry 1 has an id that does not fit.*1 to 16/],
    [`k 1:${good}`, /entry 1 has an id that does not fit/],
    [`k1:${good},k1:${good}`, /entry 2 repeats the id "k1"/],
    [`k1:${good},k2:${good.slice(0, 20)}`, /entry 2 \("k2"\) is 15 bytes long.*exactly 32/],
    [`k1:${randomBytes(33).toString('base64')}`, /entry 1 \("k1"\) is 33 bytes long/],
    [`k1:*${good.slice(1)}`, /entry 1 \("k1"\) is not base64/],
    ['k1:', /entry 1 \("k1"\) is 0 bytes long/],
  ])('refuses %j', (encryptionKeys, message) => {
    const parse = () => KeyRing.parse({ encryptionKeys });
    expect(parse).toThrow(OAuthConfigurationError);
    expect(parse).toThrow(message);
    expect(parse).not.toThrow(good.slice(1, 20));
  });

  it.each(['short', `${good}x`, good.slice(4)])('refuses a lookup key that does not fit: %#', (lookupKey) => {
    expect(() => KeyRing.parse({ encryptionKeys: `k1:${good}`, lookupKey })).toThrow(/OAUTH_LOOKUP_KEY/);
  });

  it('reads keys with or without padding', () => {
    expect(() =>
      KeyRing.parse({ encryptionKeys: `k1:${good.replace(/=+$/, '')}`, lookupKey: good }),
    ).not.toThrow();
  });

  it('derives the lookup key from the oldest key, and takes an empty setting for none', () => {
    const lookup = (encryptionKeys: string, lookupKey?: string) =>
      KeyRing.parse({ encryptionKeys, lookupKey }).exportLookupKey().reveal();
    const newer = generateKey('k2', randomness).reveal();
    expect(lookup(`${newer},k1:${good}`)).toBe(lookup(`k1:${good}`, ' '));
    expect(lookup(newer)).not.toBe(lookup(`k1:${good}`));
    expect(lookup(newer, lookup(`k1:${good}`))).toBe(lookup(`k1:${good}`));
    expect(lookup(`k1:${good}`)).not.toBe(good);
  });

  it('shows no key when it is printed', () => {
    const ring = KeyRing.parse({ encryptionKeys: `k1:${good}`, lookupKey: good });
    ring.derive('token');
    const printed =
      inspect(ring, { depth: 9, showHidden: true }) +
      JSON.stringify(ring) +
      String(generateKey('k', randomness));
    expect(printed).not.toContain(good);
    expect(printed).not.toContain(good.slice(0, 12));
  });
});

describe('generateKey', () => {
  it('makes a ring of one', () => {
    expect(KeyRing.parse({ encryptionKeys: generateKey('2026-11', randomness).reveal() }).newestId).toBe(
      '2026-11',
    );
    expect(() => generateKey('not an id', randomness)).toThrow(OAuthConfigurationError);
  });
});
