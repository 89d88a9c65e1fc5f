import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { clients } from '../testing-support/clients.js';
import { assertOptions } from './assert-options.js';
import { arePlain } from './plain-options.js';

const { contract } = clients.huawei;
const credentials = { clientId: 'id', clientSecret: 'secret' };

/** What people write, and what they should not. */
const value = fc.oneof(
  fc.constantFrom<unknown[]>(
    'openid',
    'https://lab.example',
    'javascript:alert(1)',
    '',
    'No Name',
    'x y',
    'corp',
  ),
  fc.constantFrom<unknown[]>(0, 1, 1.5, 60_000, 60_001, NaN, -1, true, false, null, undefined),
  fc.constantFrom<unknown[]>([], ['openid'], ['open id'], [7], [''], {}, () => 'ticket', /x/),
  fc.anything(),
);
const name = fc.constantFrom(
  ...[
    'name',
    'scope',
    'baseUrl',
    'allowPrivateNetwork',
    'timeoutMs',
    'pkce',
    'signingKey',
    'appTicket',
    'sdkUrl',
  ],
  ...['signOrigins', 'clientId', 'clientSecret', 'toString', 'unknown'],
);

describe('options that are plainly right', () => {
  it('are right for the schema, too', () => {
    let plain = 0;
    fc.assert(
      fc.property(fc.dictionary(name, value, { maxKeys: 2, noNullPrototype: true }), (drawn) => {
        const options = { ...credentials, ...drawn };
        if (!arePlain(contract.credentials, options)) return;
        plain += 1;
        expect(() => assertOptions(contract, options)).not.toThrow();
      }),
      { numRuns: 5_000 },
    );
    expect(plain).toBeGreaterThan(100);
  });

  it.each([
    {},
    { name: 'corp', scope: ['openid', 'profile'], baseUrl: 'http://127.0.0.1:4000' },
    { timeoutMs: 5_000, pkce: false, allowPrivateNetwork: true, sdkUrl: 'https://cdn.example/sdk.js' },
  ])('are the usual ones: %j', (options) => {
    expect(arePlain(contract.credentials, { ...credentials, ...options })).toBe(true);
  });

  it('are never those of an object that inherits some', () => {
    const options = Object.assign(Object.create({ timeoutMs: -1 }) as object, credentials);
    expect(arePlain(contract.credentials, options)).toBe(false);
    expect(() => assertOptions(contract, options)).toThrow(/timeoutMs/);
  });
});
