import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type RecordIdentity, sameIdentity } from '../vault/index.js';
import { nameOf } from './record-name.js';

// A small alphabet with what the name itself is made of, so that parts easily look like each other's ends.
const part = fc.string({ unit: fc.constantFrom('a', '1', '0', ':', '\0', '\ud800', '\udc00'), maxLength: 4 });
const names = { provider: part, clientId: part, type: fc.option(part, { nil: undefined }), tenant: part };
const identity: fc.Arbitrary<RecordIdentity> = fc.oneof(
  fc.record({ ...names, kind: fc.constant('user' as const), subject: part }),
  fc.record({ ...names, kind: fc.constantFrom('app' as const, 'ticket' as const) }),
);

/** The same letters, cut into parts at other places. */
const slid = fc
  .tuple(part, part, part, part, part)
  .chain((parts) => {
    const text = parts.join('');
    const cuts = fc.array(fc.nat(text.length), { minLength: 4, maxLength: 4 });
    return fc.tuple(fc.constant(text), cuts, cuts);
  })
  .map(([text, ...both]) => both.map((cuts) => cutInto(text, cuts)));

function cutInto(text: string, cuts: readonly number[]): RecordIdentity {
  const at = [0, ...[...cuts].sort((a, b) => a - b), text.length];
  const [provider = '', clientId = '', type = '', tenant = '', subject = ''] = at
    .slice(1)
    .map((end, index) => text.slice(at[index], end));
  return { kind: 'user', provider, clientId, type, tenant, subject };
}

describe('nameOf', () => {
  it('gives two records one name exactly when they are the same', () => {
    fc.assert(
      fc.property(identity, identity, (a, b) => {
        expect(nameOf(a) === nameOf(b)).toBe(sameIdentity(a, b));
      }),
      { numRuns: 2_000 },
    );
  });

  it('tells apart what only slid from one part into another', () => {
    fc.assert(
      fc.property(slid, ([a, b]) => {
        if (a === undefined || b === undefined) throw new Error('There are two of them.');
        expect(nameOf(a) === nameOf(b)).toBe(sameIdentity(a, b));
      }),
      { numRuns: 2_000 },
    );
  });
});
