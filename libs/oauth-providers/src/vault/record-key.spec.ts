import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { encodeFields } from './fields.js';
import { KeyRing } from './key-ring.js';
import { type RecordIdentity, sameIdentity } from './record-identity.js';
import { LookupHasher } from './record-key.js';

const encryptionKeys = `k1:${randomBytes(32).toString('base64')}`;
const hasher = new LookupHasher(KeyRing.parse({ encryptionKeys }));

// A small alphabet, so that two identities often differ only in where one part ends and the next begins.
const part = fc.string({ unit: fc.constantFrom('a', 'b', '|', '\0', '\ud800', '\ud801', 'é'), maxLength: 3 });
const names = { provider: part, clientId: part, type: fc.option(part, { nil: undefined }), tenant: part };
const identity: fc.Arbitrary<RecordIdentity> = fc.oneof(
  fc.record({ ...names, kind: fc.constant('user' as const), subject: part }),
  fc.record({ ...names, kind: fc.constantFrom('app' as const, 'ticket' as const) }),
);

describe('LookupHasher', () => {
  it('gives two records one key exactly when they are the same', () => {
    fc.assert(
      fc.property(identity, identity, (a, b) => {
        expect(hasher.recordKey(a).equals(hasher.recordKey(b))).toBe(sameIdentity(a, b));
      }),
      { numRuns: 2_000 },
    );
  });

  it('tells apart what only slid from one part into another', () => {
    const base = { kind: 'user', provider: 'p', clientId: 'c', subject: 's' } as const;
    const keys = [
      base,
      { ...base, clientId: 'cs', subject: '' },
      { ...base, tenant: 's', subject: '' },
      { ...base, type: 's', subject: '' },
      { ...base, subject: 's\0' },
      { ...base, provider: 'p\0c', clientId: '' },
      { kind: 'app', provider: 'p', clientId: 'c', tenant: 's' } as const,
    ].map((each) => hasher.recordKey(each).toString('hex'));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('depends on the lookup key and on the purpose', () => {
    const other = new LookupHasher(
      KeyRing.parse({ encryptionKeys: `k1:${randomBytes(32).toString('base64')}` }),
    );
    expect(hasher.hash('mark', 'x')).toHaveLength(32);
    expect(hasher.hash('mark', 'x')).toEqual(hasher.hash('mark', 'x'));
    expect(hasher.hash('mark', 'x')).not.toEqual(other.hash('mark', 'x'));
    expect(hasher.hash('mark', 'x')).not.toEqual(hasher.hash('session', 'x'));
  });
});

describe('encodeFields', () => {
  it('never writes two lists alike', () => {
    const list = fc.array(part, { maxLength: 4 });
    fc.assert(
      fc.property(list, list, (a, b) => {
        expect(encodeFields(a).equals(encodeFields(b))).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the keys that are remembered for reads', () => {
  it('are those of the records, however many are read meanwhile', () => {
    const of = (subject: string): RecordIdentity => ({ kind: 'user', provider: 'p', clientId: 'c', subject });
    const first = hasher.readKey(of('0'));
    expect(hasher.readKey(of('0'))).toBe(first);
    for (let subject = 0; subject < 10_000; subject += 1) hasher.readKey(of(String(subject)));
    for (const subject of ['0', '4096', '9999', 'new']) {
      expect(hasher.readKey(of(subject))).toEqual(hasher.recordKey(of(subject)));
    }
    expect(hasher.readKey({ kind: 'app', provider: 'p', clientId: 'c' })).not.toEqual(hasher.readKey(of('')));
  });

  it('are those of the records, whoever else has a part of the name', () => {
    const few = fc.constantFrom('', 'a', 'b');
    const client = { provider: few, clientId: few, type: fc.option(few, { nil: undefined }), tenant: few };
    const identity = fc.oneof(
      fc.record({ kind: fc.constant('user' as const), subject: few, ...client }),
      fc.record({ kind: fc.constantFrom('app' as const, 'ticket' as const), ...client }),
    );
    fc.assert(
      fc.property(fc.array(identity, { maxLength: 20 }), (asked) => {
        for (const each of asked) expect(hasher.readKey(each)).toEqual(hasher.recordKey(each));
      }),
    );
  });
});
