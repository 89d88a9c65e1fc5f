import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { HttpFailure } from '../core/ports.js';
import { type TokenSet } from '../core/token-set.js';
import { AppTokens } from '../refresh/app-tokens.js';
import { clients, wireWith } from '../testing-support/clients.js';
import { answer, type FakeClock, type FakeHttp, failureOf, formOf } from '../testing-support/fakes.js';
import { atHash, platformKey, type PlatformKey, sign } from '../testing-support/id-tokens.js';
import { IdTokenVerifier } from '../wire/id-token.js';
import { JwksCache } from '../wire/jwks.js';
import { type LoginAttempt } from './attempt.js';
import { type Login, LoginFlow } from './login-flow.js';

const { anyweb, huawei, wps, yuanzhibang } = clients;
const attempt = { nonce: 'nonce-1' } as LoginAttempt;

let http: FakeHttp;
let clock: FakeClock;
let flow: LoginFlow;
let saved: { provider: string; subject: string; tokens: TokenSet }[];
let saving: Error | undefined;

let key: PlatformKey;
beforeAll(async () => {
  key = await platformKey('k1');
});

beforeEach(() => {
  const world = wireWith();
  ({ http, clock } = world);
  saved = [];
  saving = undefined;
  const appTokens = new AppTokens(world.wire, async (provider) => {
    const { tokens } = await world.wire.tokens(provider, 'appToken', {});
    return tokens.accessToken;
  });
  flow = new LoginFlow(
    world.wire,
    new IdTokenVerifier(new JwksCache(http, clock), clock),
    appTokens,
    {
      save: (provider, subject, tokens) => {
        if (saving !== undefined) return Promise.reject(saving);
        saved.push({ provider: provider.name, subject, tokens });
        return Promise.resolve();
      },
    },
    { draw: () => Promise.resolve(), exhausted: () => undefined },
  );
});

/** A whole login: exchange, then everything after it. */
async function login(provider: ConfiguredProvider): Promise<Login> {
  const reply = await flow.exchange(provider, 'code', { redirectUri: 'https://app.example.com/cb' });
  return flow.complete(provider, attempt, reply);
}

const wpsTokens = answer({ access_token: 'wps-token', expires_in: 7200, token_type: 'bearer' });
const wpsUser = answer({ code: 0, data: { id: 'u1', user_name: 'Ada', avatar: 'https://p.example/a' } });

async function huaweiTokens(change: Readonly<Record<string, unknown>> = {}, reply: object = {}) {
  const now = clock.now() / 1000;
  const claims = { iss: 'https://accounts.huawei.com', sub: 'U1', aud: huawei.clientId, nonce: 'nonce-1' };
  const times = { iat: now, exp: now + 3600, at_hash: atHash('hw-token') };
  const id_token = await sign(key, { ...claims, ...times, display_name: 'Token Name', ...change });
  return answer({ access_token: 'hw-token', scope: 'openid profile', id_token, ...reply });
}
const certs = () => answer({ keys: [key.jwk] });
const huaweiUser = (change: object = {}) => answer({ unionID: 'U1', openID: 'O1', ...change });

describe('who signed in', () => {
  it('WPS: the user info says it', async () => {
    http.next(wpsTokens, wpsUser);
    expect(await login(wps)).toEqual({
      provider: 'wps',
      clientId: 'AK20240501',
      subject: 'u1',
      scope: ['kso.user_base.read'],
      profile: {
        subject: 'u1',
        displayName: 'Ada',
        avatarUrl: 'https://p.example/a',
        raw: { id: 'u1', user_name: 'Ada', avatar: 'https://p.example/a' },
      },
    });
    expect(saved).toMatchObject([{ provider: 'wps', subject: 'u1' }]);
    expect(saved[0]?.tokens.accessToken.reveal()).toBe('wps-token');
  });

  it('Huawei: the verified id_token says it, and the user info agrees', async () => {
    http.next(await huaweiTokens(), certs(), huaweiUser({ displayName: 'Info Name' }));
    const { subject, profile } = await login(huawei);
    expect(subject).toBe('U1');
    // What the user info says is newer; what only the id_token says is not lost.
    expect(profile).toMatchObject({ displayName: 'Info Name', avatarUrl: null });
    expect(profile.raw).toMatchObject({ openID: 'O1', iss: 'https://accounts.huawei.com' });
  });

  it('Huawei: the name of the id_token serves where the user info has none', async () => {
    http.next(await huaweiTokens(), certs(), huaweiUser());
    expect((await login(huawei)).profile.displayName).toBe('Token Name');
  });

  it('AnyWeb: the token reply says it, and the user info is asked by it', async () => {
    const data = { unionid: 'un1', accessToken: 'aw', expire: 7200 };
    http.next(answer({ code: 1000, data }), answer({ code: 1000, data: { unionid: 'un1' } }));
    expect((await login(anyweb)).profile).toMatchObject({ subject: 'un1', displayName: null });
    expect(JSON.parse(String(http.last.body))).toMatchObject({ unionid: 'un1', accessToken: 'aw' });
  });

  it('yuanzhibang: the user info is read with the server token, which is fetched first', async () => {
    http.next(
      answer({ status: 2000, data: { access_token: 'user-token', open_id: 'o1', expires_in: 7200 } }),
      answer({ status: 2000, data: { access_token: 'server-token', expires_in: 7200 } }),
      answer({ status: '4103', message: 'no permission', data: [] }),
    );
    expect(await login(yuanzhibang)).toMatchObject({
      subject: 'o1',
      profile: { displayName: null, raw: {} },
    });
    expect(formOf(http.last)).toMatchObject({ access_token: 'server-token', open_id: 'o1' });
  });
});

describe('nothing is saved', () => {
  it.each([
    ['the user info names another user', () => huaweiTokens(), () => huaweiUser({ unionID: 'U2' })],
    ['the id_token names another user', () => huaweiTokens({ sub: 'U2' }), () => huaweiUser()],
  ])('when %s', async (_, tokens, user) => {
    http.next(await tokens(), certs(), user());
    const failure = await failureOf(login(huawei));
    expect(failure.errorClass).toBe('invalid_token');
    expect(failure.message).toContain('two different users');
    expect(saved).toEqual([]);
  });

  it('when AnyWeb’s two answers name different users', async () => {
    const tokens = answer({ code: 1000, data: { unionid: 'un1', accessToken: 'aw' } });
    http.next(tokens, answer({ code: 1000, data: { unionid: 'un2' } }));
    expect((await failureOf(login(anyweb))).message).toContain('two different users');
    expect(saved).toEqual([]);
  });

  it('when nobody is named', async () => {
    http.next(answer({ code: 1000, data: { accessToken: 'aw' } }));
    const failure = await failureOf(login(anyweb));
    expect(failure.errorClass).toBe('invalid_request');
    expect(saved).toEqual([]);
  });

  it.each([
    ['openid was granted', { scope: 'openid profile' }],
    ['only the subject needs it', { scope: 'profile' }],
  ])('when the id_token is missing although %s', async (_, reply) => {
    http.next(answer({ access_token: 'hw-token', ...reply }));
    expect((await failureOf(login(huawei))).message).toContain('no id_token');
    expect(http.requests).toHaveLength(1);
    expect(saved).toEqual([]);
  });

  it.each([
    ['has another nonce', { nonce: 'nonce-2' }],
    ['belongs to another access token', { at_hash: atHash('other') }],
    ['is for another client', { aud: 'other' }],
  ])('when the id_token %s', async (_, change) => {
    http.next(await huaweiTokens(change), certs());
    expect(await failureOf(login(huawei))).toMatchObject({
      errorClass: 'invalid_token',
      operation: 'idToken',
    });
    expect(saved).toEqual([]);
  });

  it('when the key set cannot be had', async () => {
    http.next(await huaweiTokens(), new HttpFailure('timeout', true));
    expect(await failureOf(login(huawei))).toMatchObject({ errorClass: 'transient', operation: 'jwks' });
    expect(saved).toEqual([]);
  });

  it('and the login fails, when the store does not take the tokens', async () => {
    saving = new Error('disk full');
    http.next(wpsTokens, wpsUser);
    await expect(login(wps)).rejects.toThrow('disk full');
  });
});

describe('what is asked again', () => {
  it.each([
    ['a timeout', new HttpFailure('timeout', true)],
    ['HTTP 502', answer('', { status: 502 })],
    ['HTML', answer('<html></html>')],
  ])('the user info, once, after %s: the exchange cannot be repeated', async (_, step) => {
    http.next(wpsTokens, step, wpsUser);
    expect((await login(wps)).subject).toBe('u1');
    expect(http.requests).toHaveLength(3);
  });

  it('not a third time', async () => {
    http.next(wpsTokens, answer('', { status: 502 }), answer('', { status: 502 }), wpsUser);
    expect(await failureOf(login(wps))).toMatchObject({ errorClass: 'transient', operation: 'profile' });
    expect(http.requests).toHaveLength(3);
    expect(saved).toEqual([]);
  });

  it.each([
    ['throttled', answer({ code: 1 }, { status: 429 })],
    ['invalid_token', answer({ code: 1 }, { status: 401 })],
    ['insufficient_scope', answer({ code: 403000001 }, { status: 403 })],
    ['unknown', answer({ code: 1 })],
  ])('not after %s', async (errorClass, step) => {
    http.next(wpsTokens, step, wpsUser);
    expect(await failureOf(login(wps))).toMatchObject({ errorClass, operation: 'profile' });
    expect(http.requests).toHaveLength(2);
  });

  it('and a permission that a handed-in code does not carry is no failure: the subject is known', async () => {
    http.next(
      answer({ code: 1000, data: { accessToken: 'a', expire: 7200, unionid: 'u1', scope: 'identity' } }),
      answer({ code: 'A107P011', message: 'not authorised' }),
    );
    expect(await login(anyweb)).toMatchObject({ subject: 'u1', profile: { displayName: null } });
    expect(saved).toHaveLength(1);
  });

  it.each([
    ['a cut connection', new HttpFailure('reset', true)],
    ['HTTP 500', answer('', { status: 500 })],
    ['a refused connection', new HttpFailure('unreachable', false)],
  ])('and never the exchange, not even after %s', async (_, step) => {
    http.next(step, wpsTokens);
    expect(await failureOf(login(wps))).toMatchObject({ errorClass: 'transient', operation: 'exchange' });
    expect(http.requests).toHaveLength(1);
  });
});
