import { describe, expect, it } from '@jest/globals';
import { HttpFailure } from '../core/ports.js';
import { oidc } from '../providers/oidc.js';
import { clients } from '../testing-support/clients.js';
import { answer, FakeClock, FakeHttp, failureOf, type Step } from '../testing-support/fakes.js';
import { Discovery } from './discovery.js';

const issuer = 'https://sso.example.com';
const metadata = {
  issuer,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  jwks_uri: `${issuer}/jwks`,
  id_token_signing_alg_values_supported: ['none', 'HS256', 'RS256'],
};
const source = oidc({ name: 'corp', issuer, clientId: 'c', clientSecret: 's' });

function discoveryWith(...steps: readonly Step[]) {
  const http = new FakeHttp(...steps);
  const clock = new FakeClock();
  return { http, clock, discovery: new Discovery(http, clock) };
}

describe('Discovery', () => {
  it('gives back a provider that needs none', async () => {
    const { http, discovery } = discoveryWith();
    expect(await discovery.resolve(clients.wps)).toBe(clients.wps);
    expect(http.requests).toHaveLength(0);
  });

  it('looks once for all who ask, for an hour', async () => {
    const { http, clock, discovery } = discoveryWith(answer(metadata), answer(metadata));
    await Promise.all(Array.from({ length: 20 }, () => discovery.resolve(source)));
    expect(http.last.url).toBe(`${issuer}/.well-known/openid-configuration`);
    clock.advance(3_599_999);
    await discovery.resolve(source);
    expect(http.requests).toHaveLength(1);
    clock.advance(1);
    await discovery.resolve(source);
    expect(http.requests).toHaveLength(2);
  });

  it.each([
    ['no answer', new HttpFailure('unreachable', false)],
    ['HTTP 500', answer('', { status: 500 })],
    ['HTML', answer('<html></html>')],
    ['another issuer', answer({ ...metadata, issuer: 'https://evil.example' })],
  ])('goes on with what it knows when it later gets %s', async (_, step) => {
    const { clock, discovery } = discoveryWith(answer(metadata), step);
    const first = await discovery.resolve(source);
    clock.advance(3_600_000);
    expect(await discovery.resolve(source)).toBe(first);
  });

  it.each([
    ['no answer', new HttpFailure('timeout', true), 'transient'],
    ['HTTP 404', answer(metadata, { status: 404 }), 'transient'],
    ['HTML', answer('<html></html>'), 'transient'],
    ['a list', answer([metadata]), 'transient'],
    ['another issuer', answer({ ...metadata, issuer: `${issuer}/` }), 'invalid_client'],
    ['no token endpoint', answer({ ...metadata, token_endpoint: undefined }), 'invalid_client'],
    ['a token endpoint that is no URL', answer({ ...metadata, token_endpoint: '/token' }), 'invalid_client'],
    [
      'a token endpoint on plain http',
      answer({ ...metadata, token_endpoint: 'http://sso.example.com/t' }),
      'invalid_client',
    ],
    [
      'a token endpoint inside',
      answer({ ...metadata, token_endpoint: 'https://169.254.169.254/t' }),
      'invalid_client',
    ],
    [
      'no algorithm but none and HS256',
      answer({ ...metadata, id_token_signing_alg_values_supported: ['none', 'HS256'] }),
      'invalid_client',
    ],
  ])('fails on %s, and asks again the next time', async (_, step, errorClass) => {
    const { discovery } = discoveryWith(step, answer(metadata));
    expect(await failureOf(discovery.resolve(source))).toMatchObject({ errorClass, operation: 'discovery' });
    await expect(discovery.resolve(source)).resolves.toMatchObject({ name: 'corp' });
  });
});
