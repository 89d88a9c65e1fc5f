import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Secret } from '../core/secret.js';
import { type RecordIdentity } from './record-identity.js';
import { SealError } from './seal-error.js';
import { decodeRecord, encodeRecord, type TokenRecord } from './token-record.js';

const text = fc.string({ unit: 'binary' });
const secret = text.map((value) => new Secret(value));
const time = fc.integer();
const identity: fc.Arbitrary<RecordIdentity> = fc.oneof(
  fc.record(
    {
      kind: fc.constant('user' as const),
      provider: text,
      clientId: text,
      subject: text,
      type: text,
      tenant: text,
    },
    { noNullPrototype: true, requiredKeys: ['kind', 'provider', 'clientId', 'subject'] },
  ),
  fc.record(
    {
      kind: fc.constantFrom('app' as const, 'ticket' as const),
      provider: text,
      clientId: text,
      type: text,
      tenant: text,
    },
    { noNullPrototype: true, requiredKeys: ['kind', 'provider', 'clientId'] },
  ),
);
const tokens = fc.record(
  {
    accessToken: secret,
    tokenType: text,
    issuedAt: time,
    expiresAt: time,
    refreshToken: secret,
    refreshExpiresAt: time,
    idToken: secret,
    scope: fc.array(text),
  },
  { noNullPrototype: true, requiredKeys: ['accessToken', 'expiresAt', 'scope'] },
);
const record: fc.Arbitrary<TokenRecord> = fc.record(
  { identity, owner: text, tokens },
  { noNullPrototype: true, requiredKeys: ['identity', 'tokens'] },
);

/** Secrets compare by what they hold. */
function revealed({ tokens: set, ...rest }: TokenRecord) {
  return {
    ...rest,
    tokens: {
      ...set,
      accessToken: set.accessToken.reveal(),
      refreshToken: set.refreshToken?.reveal(),
      idToken: set.idToken?.reveal(),
    },
  };
}

/** Whether bytes are a record, by the only two ways in which reading them may end. */
function readingOf(bytes: Buffer): string {
  try {
    encodeRecord(decodeRecord(bytes));
    return 'a record';
  } catch (error) {
    if (error instanceof SealError) return error.failure;
    throw error;
  }
}

const plain: TokenRecord = {
  identity: { kind: 'app', provider: 'p', clientId: 'c' },
  tokens: { accessToken: new Secret('canary'), expiresAt: 1, scope: [] },
};

describe('the record codec', () => {
  it('gives back every record as it was', () => {
    fc.assert(
      fc.property(record, (each) => {
        expect(revealed(decodeRecord(encodeRecord(each)))).toStrictEqual(revealed(each));
      }),
    );
  });

  it('reads what was written with a head in JSON', () => {
    const head =
      '{"p":"p","c":"c","k":"user","y":"é","n":"n","s":"s","o":"o","tt":"bearer","b":1,"e":2,"re":3,' +
      '"sc":["a","b"],"a":2,"r":3,"i":1}';
    expect(revealed(decodeRecord(encoded(head, 'aarrri')))).toStrictEqual({
      identity: { kind: 'user', provider: 'p', clientId: 'c', subject: 's', type: 'é', tenant: 'n' },
      owner: 'o',
      tokens: {
        ...{ accessToken: 'aa', refreshToken: 'rrr', idToken: 'i', tokenType: 'bearer' },
        ...{ issuedAt: 1, expiresAt: 2, refreshExpiresAt: 3, scope: ['a', 'b'] },
      },
    });
    const wide = encoded('{"p":"p","c":"c","k":"app","e":1,"sc":[],"a":2,"w":1}', 'é');
    expect(decodeRecord(wide).tokens.accessToken.reveal()).toHaveLength(1);
  });

  it('reads nothing but a record out of any bytes', () => {
    const written = encodeRecord({ ...plain, tokens: { ...plain.tokens, scope: ['a'] } });
    const change = fc.tuple(fc.nat(written.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Buffer.from(written);
        for (const [at, value] of changes) bytes[at] = value;
        expect(['a record', 'malformed']).toContain(readingOf(bytes));
      }),
      { numRuns: 5_000 },
    );
    expect(() => decodeRecord(Buffer.concat([written, Buffer.alloc(1)]))).toThrow(SealError);
  });

  const encoded = (head: string, tail = '') => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(Buffer.byteLength(head));
    return Buffer.concat([length, Buffer.from(head + tail)]);
  };

  it('reads past what a later version adds', () => {
    const bytes = encoded(
      '{"p":"p","c":"c","k":"app","e":1,"sc":[],"a":6,"zz":{"new":7}}',
      'canary and more',
    );
    expect(revealed(decodeRecord(bytes))).toEqual(revealed(plain));
  });

  it.each([
    'no json canary',
    'null',
    '[]',
    '{}',
    '{"p":"p","c":"canary","k":"app","e":"1","sc":[],"a":6}',
    '{"p":"p","c":"canary","k":"app","e":1e999,"sc":[],"a":6}',
    '{"p":"p","c":"canary","k":"admin","e":1,"sc":[],"a":6}',
    '{"p":"p","c":"canary","k":"user","e":1,"sc":[],"a":6}',
    '{"p":"p","c":"canary","k":"app","s":"s","e":1,"sc":[],"a":6}',
    '{"p":"p","c":"canary","k":"app","e":1,"sc":[1],"a":6}',
    '{"p":"p","c":"canary","k":"app","e":1,"sc":[],"a":-1}',
    '{"p":"p","c":"canary","k":"app","e":1,"sc":[],"a":7}',
    '{"p":"p","c":"canary","k":"app","e":1,"sc":[],"a":6,"r":1}',
    '{"p":"p","c":"canary","k":"app","e":1,"sc":[],"a":6,"i":"x"}',
  ])('refuses what is no record, without quoting it: %s', (head) => {
    const decode = () => decodeRecord(encoded(head, 'tokens'));
    expect(decode).toThrow(expect.objectContaining({ name: 'SealError', failure: 'malformed' }));
    expect(decode).not.toThrow('canary');
  });

  it('refuses bytes that are cut anywhere', () => {
    const bytes = encodeRecord(plain);
    for (let length = 0; length < bytes.length; length += 1) {
      expect(() => decodeRecord(bytes.subarray(0, length))).toThrow(SealError);
    }
  });

  it('refuses an expiry that is no time', () => {
    for (const expiresAt of [NaN, Infinity]) {
      expect(() => encodeRecord({ ...plain, tokens: { ...plain.tokens, expiresAt } })).toThrow(RangeError);
      expect(() =>
        encodeRecord({ ...plain, tokens: { ...plain.tokens, refreshExpiresAt: expiresAt } }),
      ).toThrow(RangeError);
    }
  });

  it('weighs little more than the tokens', () => {
    const accessToken = new Secret('x'.repeat(4096));
    expect(encodeRecord({ ...plain, tokens: { ...plain.tokens, accessToken } }).length).toBeLessThan(
      4096 + 100,
    );
  });
});
