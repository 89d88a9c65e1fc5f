import { beforeAll, describe, expect, it } from '@jest/globals';
import { HttpFailure } from '../core/ports.js';
import { clients } from '../testing-support/clients.js';
import { answer, FakeClock, FakeHttp, failureOf, type Step } from '../testing-support/fakes.js';
import { platformKey, type PlatformKey } from '../testing-support/id-tokens.js';
import { JwksCache } from './jwks.js';

const rules = { jwksUrl: 'https://oauth-login.cloud.huawei.com/oauth2/v3/certs', jwksMaxAge: 86_400 };
const day = 86_400_000;

let [today, tomorrow]: PlatformKey[] = [];
beforeAll(async () => {
  [today, tomorrow] = [await platformKey('today'), await platformKey('tomorrow')];
});

function cacheWith(...steps: readonly Step[]): {
  http: FakeHttp;
  clock: FakeClock;
  find: (kid: string | undefined, alg?: string) => ReturnType<JwksCache['key']>;
} {
  const http = new FakeHttp(...steps);
  const clock = new FakeClock();
  const cache = new JwksCache(http, clock);
  return { http, clock, find: (kid, alg = 'RS256') => cache.key(clients.huawei, rules, { alg, kid }) };
}
const setOf = (...keys: readonly unknown[]) => answer({ keys });

describe('the key set', () => {
  it('is fetched once for all who need it, under the limits of every call', async () => {
    const { http, find } = cacheWith(setOf(today?.jwk));
    await Promise.all(Array.from({ length: 20 }, () => find('today')));
    await find('today');
    expect(http.requests).toHaveLength(1);
    expect(http.last).toMatchObject({
      method: 'GET',
      url: rules.jwksUrl,
      timeoutMs: 10_000,
      maxBytes: 262_144,
      reach: 'public',
    });
    expect(http.last).not.toHaveProperty('body');
  });

  it('is used for as long as the contract allows, to the millisecond', async () => {
    const { http, clock, find } = cacheWith(setOf(today?.jwk), setOf(today?.jwk));
    await find('today');
    clock.advance(day - 1);
    await find('today');
    expect(http.requests).toHaveLength(1);
    clock.advance(1);
    await find('today');
    expect(http.requests).toHaveLength(2);
  });

  it('is fetched again once when the platform has rolled its keys', async () => {
    const { http, clock, find } = cacheWith(setOf(today?.jwk), setOf(tomorrow?.jwk, today?.jwk));
    await find('today');
    clock.advance(30_000);
    await Promise.all(Array.from({ length: 20 }, () => find('tomorrow')));
    await find('today');
    expect(http.requests).toHaveLength(2);
  });

  it('is not fetched again for an unknown key within 30 seconds, so that forged ids cannot drive calls', async () => {
    const { http, clock, find } = cacheWith(setOf(today?.jwk), setOf(today?.jwk));
    await find('today');
    clock.advance(29_999);
    expect(await failureOf(find('forged'))).toMatchObject({ errorClass: 'invalid_token', operation: 'jwks' });
    expect(http.requests).toHaveLength(1);
    clock.advance(1);
    await failureOf(find('forged'));
    await failureOf(find('forged-too'));
    expect(http.requests).toHaveLength(2);
  });

  it('that has just been fetched because it was old is not fetched a second time for an unknown key', async () => {
    const { http, clock, find } = cacheWith(setOf(today?.jwk), setOf(today?.jwk));
    await find('today');
    clock.advance(day);
    await failureOf(find('forged'));
    expect(http.requests).toHaveLength(2);
  });

  it('is remembered per address', async () => {
    const http = new FakeHttp(setOf(today?.jwk), setOf(tomorrow?.jwk));
    const cache = new JwksCache(http, new FakeClock());
    await cache.key(clients.huawei, rules, { alg: 'RS256', kid: 'today' });
    const other = { ...rules, jwksUrl: 'https://other.example/keys' };
    await cache.key(clients.huawei, other, { alg: 'RS256', kid: 'tomorrow' });
    expect(http.requests.map(({ url }) => url)).toEqual([rules.jwksUrl, other.jwksUrl]);
  });
});

describe('a key set that cannot be had', () => {
  it.each([
    ['no answer', new HttpFailure('timeout', true)],
    ['an answer that is too large', new HttpFailure('too_large', true)],
    ['HTTP 500', answer({ keys: [] }, { status: 500 })],
    ['HTTP 404', answer('not found', { status: 404 })],
    ['a redirect', answer('', { status: 302, headers: { location: 'https://evil.example' } })],
    ['HTML', answer('<html></html>')],
    ['nothing', answer('')],
    ['a list', answer([])],
    ['no keys', answer({})],
    ['keys that are no list', answer({ keys: { kid: 'today' } })],
  ])('is nobody’s fault here: %s', async (_, step) => {
    const { http, find } = cacheWith(step, setOf(today?.jwk));
    const failures = await Promise.all([failureOf(find('today')), failureOf(find('today'))]);
    expect(failures).toMatchObject([
      { errorClass: 'transient', operation: 'jwks' },
      { errorClass: 'transient', operation: 'jwks' },
    ]);
    expect(http.requests).toHaveLength(1);
    // Nothing of the failure is remembered.
    await expect(find('today')).resolves.toBeDefined();
  });
});

describe('the keys in it', () => {
  it.each([
    ['an empty list', []],
    ['what is no key', [null, 7, 'key', [], {}, { kid: 'today' }]],
    ['a key of another kind under this id', [{ kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA', kid: 'today' }]],
    ['a secret under this id', [{ kty: 'oct', k: 'c2VjcmV0', kid: 'today' }]],
    ['a key for encryption under this id', [{ kty: 'RSA', n: 'AQAB', e: 'AQAB', kid: 'today', use: 'enc' }]],
    ['a key that cannot be read', [{ kty: 'RSA', kid: 'today' }]],
  ])('do not help: %s', async (_, keys) => {
    const { find } = cacheWith(setOf(...keys));
    expect(await failureOf(find('today'))).toMatchObject({ errorClass: 'invalid_token' });
  });

  it('are found among rubbish, and without a use', async () => {
    const { find } = cacheWith(setOf(null, {}, { ...today?.jwk, use: undefined }));
    await expect(find('today')).resolves.toBeDefined();
  });

  it('are not guessed at: no id, and more than one that could be meant', async () => {
    const { find } = cacheWith(setOf(today?.jwk, tomorrow?.jwk));
    expect(await failureOf(find(undefined))).toMatchObject({ errorClass: 'invalid_token' });
  });

  it('are imported for the algorithm of the token, whatever they say of themselves', async () => {
    const { find } = cacheWith(setOf({ ...today?.jwk, alg: 'RS256' }));
    const imported = (await find('today', 'PS256')) as { algorithm?: { name: string } };
    expect(imported.algorithm?.name).toBe('RSA-PSS');
  });

  it('beyond the 32nd are ignored', async () => {
    const many = Array.from({ length: 32 }, (_, index) => ({ ...today?.jwk, kid: `k${index}` }));
    const { find } = cacheWith(setOf(...many, tomorrow?.jwk));
    await expect(find('k31')).resolves.toBeDefined();
    await failureOf(find('tomorrow'));
  });
});
