import { describe, expect, it } from '@jest/globals';
import { clients, inputs, readProfile, readTokens, wireWith } from '../testing-support/clients.js';
import { answer, failureOf } from '../testing-support/fakes.js';

const { anyweb } = clients;
const second = 1000;

/** The reply of "获取 AccessToken" (2022-03): the life of the token is a moment, in seconds since the epoch. */
const firstGeneration = {
  code: 1000,
  message: 'success',
  data: {
    unionid: 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxx',
    accessToken: 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxx',
    expiresIn: 1647686326,
  },
};

/** The later reply: other names, durations, and a refresh token. */
const thirdGeneration = {
  code: 1000,
  message: 'success',
  data: {
    unionid: 'union-1',
    accessToken: 'eyJhbGciOiJIUzI1NiJ9.e30.x',
    expire: 7200,
    refreshToken: 'eyJhbGciOiJIUzI1NiJ9.e30.y',
    refreshExpire: 2_592_000,
    scope: 'baseInfo,identity',
  },
};

/** Reads a reply at a moment of one's choice: the document's example has a moment in it. */
async function readAt(moment: string, body: unknown): ReturnType<typeof readTokens> {
  const { wire, clock } = wireWith(answer(body));
  clock.time = Date.parse(moment);
  return { ...(await wire.tokens(anyweb, 'exchange', inputs)), sentAt: clock.now() };
}

describe('AnyWeb: code exchange', () => {
  it('posts JSON with the platform’s own names', async () => {
    const { wire, http } = wireWith(answer(thirdGeneration));
    await wire.tokens(anyweb, 'exchange', { code: 'c/+=' });
    expect(http.last).toMatchObject({
      method: 'POST',
      url: 'https://api.anyweb.cc/oauth/accessToken',
      headers: { 'content-type': 'application/json' },
    });
    expect(JSON.parse(String(http.last.body))).toEqual({
      appid: 'anyweb-app',
      secret: 'CANARY-anyweb-secret',
      code: 'c/+=',
    });
  });

  it('reads the first generation: expiresIn is a moment, and there is no refresh token', async () => {
    const { tokens, subject } = await readAt('2022-03-19T10:00:00Z', firstGeneration);
    expect(subject).toBe('xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxx');
    expect(tokens.accessToken.reveal()).toBe('xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxx');
    expect(new Date(tokens.expiresAt).toISOString()).toBe('2022-03-19T10:38:46.000Z');
    expect(tokens).not.toHaveProperty('refreshToken');
    expect(tokens).not.toHaveProperty('tokenType');
    // It says nothing of scopes, so what was asked for counts.
    expect(tokens.scope).toEqual(['baseInfo']);
  });

  it('gives a token the default two hours when its moment has already passed', async () => {
    const { tokens, sentAt } = await readAt('2024-05-01T08:00:00Z', firstGeneration);
    expect(tokens.expiresAt).toBe(sentAt + 7200 * second);
  });

  it('reads the second generation: expiresIn is a duration', async () => {
    const { unionid, accessToken } = thirdGeneration.data;
    const data = {
      unionid,
      accessToken,
      expiresIn: 7200,
      refreshToken: 'r',
      refreshExpiresIn: 2_592_000,
      scope: 'all',
    };
    const { tokens, sentAt } = await readTokens(anyweb, answer({ code: 1000, data }));
    expect(tokens.expiresAt).toBe(sentAt + 7200 * second);
    expect(tokens.refreshExpiresAt).toBe(sentAt + 2_592_000 * second);
    expect(tokens.scope).toEqual(['all']);
  });

  it('reads the third generation: expire, refreshExpire and a list of scopes with commas', async () => {
    const { tokens, subject, sentAt } = await readTokens(anyweb, answer(thirdGeneration));
    expect(subject).toBe('union-1');
    expect(tokens.expiresAt).toBe(sentAt + 7200 * second);
    expect(tokens.refreshToken?.reveal()).toBe('eyJhbGciOiJIUzI1NiJ9.e30.y');
    expect(tokens.refreshExpiresAt).toBe(sentAt + 2_592_000 * second);
    expect(tokens.scope).toEqual(['baseInfo', 'identity']);
  });

  it('prefers expire, and takes it for a duration whatever its size', async () => {
    const data = { ...thirdGeneration.data, expire: 60, expiresIn: 1_900_000_000 };
    const { tokens, sentAt } = await readTokens(anyweb, answer({ code: 1000, data }));
    expect(tokens.expiresAt).toBe(sentAt + 60 * second);
  });

  it('falls back to expiresIn where expire is nonsense', async () => {
    const data = { ...thirdGeneration.data, expire: -1, expiresIn: 90 };
    const { tokens, sentAt } = await readTokens(anyweb, answer({ code: 1000, data }));
    expect(tokens.expiresAt).toBe(sentAt + 90 * second);
  });

  it('succeeds with code 1000 whether it is a number or text', async () => {
    await expect(readTokens(anyweb, answer({ ...thirdGeneration, code: '1000' }))).resolves.toBeDefined();
  });

  it.each([
    ['0', 0],
    ['10000', 10_000],
    ['a list', [1000]],
    ['true', true],
    ['nothing', undefined],
    ['text around it', ' 1000'],
  ])('does not succeed with code %s', async (_, code) => {
    const failure = await failureOf(readTokens(anyweb, answer({ ...thirdGeneration, code })));
    expect(failure.errorClass).toBe('unknown');
  });

  it.each([
    ['data is an empty list', { code: 1000, data: [] }],
    ['data is null', { code: 1000, data: null }],
    ['data is text', { code: 1000, data: 'ok' }],
    ['there is no data', { code: 1000 }],
    ['the token is empty', { code: 1000, data: { ...thirdGeneration.data, accessToken: '' } }],
    ['the token is no text', { code: 1000, data: { ...thirdGeneration.data, accessToken: { a: 1 } } }],
    ['the token is a number', { code: 1000, data: { ...thirdGeneration.data, accessToken: 12 } }],
    ['the token lies at the root', { code: 1000, accessToken: 'a', data: {} }],
  ])('never makes a token of a success in which %s', async (_, body) => {
    const failure = await failureOf(readTokens(anyweb, answer(body)));
    expect(failure).toMatchObject({ errorClass: 'unknown', operation: 'exchange', httpStatus: 200 });
  });

  it('reads failures, which are strings under HTTP 200', async () => {
    const body = { code: 'A107P009', message: 'code invalid' };
    expect(await failureOf(readTokens(anyweb, answer(body)))).toMatchObject({
      errorClass: 'invalid_grant',
      platformCode: 'A107P009',
      platformMessage: 'code invalid',
      httpStatus: 200,
    });
  });
});

describe('AnyWeb: user info', () => {
  it('sends all credentials in JSON and asks for nothing that is billed', async () => {
    const { wire, http } = wireWith(answer({ code: 1000, data: { unionid: 'union-1' } }));
    await wire.profile(anyweb, { accessToken: 'token', subject: 'union-1' });
    expect(http.last.url).toBe('https://api.anyweb.cc/oauth/userInfo');
    expect(http.last.headers).not.toHaveProperty('authorization');
    expect(JSON.parse(String(http.last.body))).toEqual({
      appid: 'anyweb-app',
      secret: 'CANARY-anyweb-secret',
      accessToken: 'token',
      unionid: 'union-1',
      scopes: ['baseInfo'],
    });
  });

  it('reads the name and picture of the first generation', async () => {
    const data = { unionid: 'union-1', nickName: 'Ada', headImg: 'https://p.example/a.png', level: 0 };
    expect(await readProfile(anyweb, answer({ code: 1000, data }))).toEqual({
      subject: 'union-1',
      displayName: 'Ada',
      avatarUrl: 'https://p.example/a.png',
      raw: data,
    });
  });

  it('reads the third generation, which has neither, and keeps what it does have', async () => {
    const data = { unionid: 'union-1', addressList: ['cfx:1'], network: 1029, level: 1 };
    expect(await readProfile(anyweb, answer({ code: 1000, data }))).toEqual({
      subject: 'union-1',
      raw: data,
    });
  });

  it('takes a success without a unionid for a refusal', async () => {
    expect(await failureOf(readProfile(anyweb, answer({ code: 1000, data: [] })))).toMatchObject({
      errorClass: 'unknown',
    });
  });
});
