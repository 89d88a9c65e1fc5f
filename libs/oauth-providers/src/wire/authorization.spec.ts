import { describe, expect, it } from '@jest/globals';
import { type RedirectLogin } from '../core/contract.js';
import { clients } from '../testing-support/clients.js';
import { authorizationUrl, callbackError, claimsDenial, isErrorCallback, readCode } from './authorization.js';

const huawei = clients.huawei.contract.login as RedirectLogin;
const wps = clients.wps.contract.login as RedirectLogin;
const inputs = { redirectUri: 'https://app.example.com/cb?x=1', state: 's-1', nonce: 'n-1' };

describe('authorizationUrl', () => {
  it('writes Huawei’s request, with blanks as the document has them', async () => {
    const url = await authorizationUrl(clients.huawei, huawei, {
      ...inputs,
      codeChallenge: 'ch',
      codeChallengeMethod: 'S256',
    });
    expect(url).toBe(
      'https://oauth-login.cloud.huawei.com/oauth2/v3/authorize?response_type=code&client_id=107408391' +
        '&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcb%3Fx%3D1&scope=openid+profile&state=s-1' +
        '&access_type=offline&nonce=n-1&code_challenge=ch&code_challenge_method=S256',
    );
  });

  it('leaves PKCE out where there is none', async () => {
    expect(await authorizationUrl(clients.huawei, huawei, inputs)).not.toContain('code_challenge');
  });

  it('writes WPS’s request, with commas between scopes and no parameter it does not know', async () => {
    const provider = { ...clients.wps, scope: ['kso.user_base.read', 'kso.calendar.read'] };
    const url = new URL(await authorizationUrl(provider, wps, { ...inputs, codeChallenge: 'ch' }));
    expect(url.origin + url.pathname).toBe('https://openapi.wps.cn/oauth2/auth');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: 'AK20240501',
      response_type: 'code',
      redirect_uri: 'https://app.example.com/cb?x=1',
      scope: 'kso.user_base.read,kso.calendar.read',
      state: 's-1',
    });
  });

  it('puts a suffix behind everything', async () => {
    const login = { ...wps, suffix: '#wechat_redirect' };
    expect(await authorizationUrl(clients.wps, login, inputs)).toMatch(/&state=s-1#wechat_redirect$/);
  });

  it('never carries the secret', async () => {
    expect(await authorizationUrl(clients.huawei, huawei, inputs)).not.toContain('CANARY');
  });
});

describe('readCode', () => {
  it('gives Huawei’s codes their pluses back, for their alphabet has no blank', () => {
    const parsed = Object.fromEntries(new URLSearchParams('code=ab+c%2Bd%3D'));
    expect(parsed['code']).toBe('ab c+d=');
    expect(readCode(huawei.callback, parsed)).toBe('ab+c+d=');
  });

  it('decodes nothing a second time', () => {
    expect(readCode(huawei.callback, { code: 'a%2Bb' })).toBe('a%2Bb');
  });

  it('leaves the codes of others as they are', () => {
    expect(readCode(wps.callback, { code: 'a b' })).toBe('a b');
  });

  it('takes the first of several names', () => {
    const rules = { ...wps.callback, code: ['auth_code', 'code'] };
    expect(readCode(rules, { code: 'c', auth_code: 'a' })).toBe('a');
    expect(readCode(rules, { code: 'c' })).toBe('c');
    expect(readCode(rules, { state: 's' })).toBeUndefined();
  });
});

describe('refusals in a callback', () => {
  it.each([
    ['huawei', { error: '1107', error_description: 'access denied' }, 'access_denied', true],
    ['huawei', { error: 'access_denied' }, 'access_denied', true],
    ['huawei', { error: '1101' }, 'unknown', false],
    ['wps', { error: 'access_denied' }, 'access_denied', true],
    ['wps', { error: 'invalid_scope' }, 'insufficient_scope', false],
    ['wps', { error: 'server_error' }, 'transient', false],
    ['wps', { error: 'temporarily_unavailable' }, 'transient', false],
    ['wps', { error: '1107' }, 'unknown', false],
  ] as const)('%s: %j', (name, parameters, errorClass, denial) => {
    const rules = (name === 'huawei' ? huawei : wps).callback;
    expect(isErrorCallback(rules, parameters)).toBe(true);
    expect(claimsDenial(rules, parameters)).toBe(denial);
    expect(callbackError(clients[name], rules, parameters)).toMatchObject({
      errorClass,
      operation: 'authorize',
      platformCode: parameters.error,
    });
  });

  it('are there even when the error is empty', () => {
    expect(isErrorCallback(wps.callback, { error: '' })).toBe(true);
    expect(isErrorCallback(wps.callback, { code: 'c', state: 's' })).toBe(false);
  });

  it('print neither markup as a code nor the state', () => {
    const failure = callbackError(clients.wps, wps.callback, {
      error: '<img src=x onerror=alert(1)>',
      error_description: `state s-1-CANARY is bad\n${'x'.repeat(9999)}`,
      state: 's-1-CANARY',
    });
    expect(failure.platformCode).toBe('(unreadable)');
    expect(failure.platformMessage).toBe('state [redacted] is bad [redacted]');
  });
});
