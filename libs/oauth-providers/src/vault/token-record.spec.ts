import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Secret } from '../core/secret.js';
import { type RecordIdentity } from './record-identity.js';
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

  it('reads past what a later version adds', () => {
    const later = { ...(JSON.parse(encodeRecord(plain).toString()) as object), zz: { new: true } };
    expect(decodeRecord(Buffer.from(JSON.stringify(later)))).toEqual(plain);
  });

  it.each([
    'no json canary',
    'null',
    '[]',
    '{}',
    '{"p":"p","c":"c","k":"app","a":"canary","e":"1","sc":[]}',
    '{"p":"p","c":"c","k":"admin","a":"canary","e":1,"sc":[]}',
    '{"p":"p","c":"c","k":"user","a":"canary","e":1,"sc":[]}',
    '{"p":"p","c":"c","k":"app","a":"canary","e":1,"sc":[1]}',
    '{"p":"p","c":"c","k":"app","a":"canary","e":1,"sc":[],"r":7}',
  ])('refuses what is no record, without quoting it: %s', (bytes) => {
    const decode = () => decodeRecord(Buffer.from(bytes));
    expect(decode).toThrow(expect.objectContaining({ name: 'SealError', failure: 'malformed' }));
    expect(decode).not.toThrow('canary');
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
