import { describe, expect, it } from '@jest/globals';
import { clients, inputs, readProfile, readTokens, wireWith } from '../testing-support/clients.js';
import { answer, failureOf, formOf } from '../testing-support/fakes.js';

const { wps } = clients;
const second = 1000;

/** The example of "获取用户 access_token". */
const tokens = {
  access_token: 'eyJhbGciOiJFUzI1N**********HQ_JoHbcrL4mZK9Xxg',
  expires_in: 7200,
  refresh_token: 'eyJhbGciOiJFUzI1N**********HQ_JoHbcrL4mZK9Xxg',
  refresh_expires_in: 2592000,
  token_type: 'bearer',
};

describe('WPS: code exchange', () => {
  it('posts the form of the document', async () => {
    const { wire, http } = wireWith(answer(tokens));
    await wire.tokens(wps, 'exchange', { ...inputs, redirectUri: 'https://test.wps.cn' });
    expect(http.last).toMatchObject({
      method: 'POST',
      url: 'https://openapi.wps.cn/oauth2/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(formOf(http.last)).toEqual({
      grant_type: 'authorization_code',
      client_id: 'AK20240501',
      client_secret: 'CANARY-wps-secret',
      code: 'CANARY-code',
      redirect_uri: 'https://test.wps.cn',
    });
  });

  it('reads the reply, which has no envelope on success', async () => {
    const reply = await readTokens(wps, answer(tokens));
    expect(reply.tokens.accessToken.reveal()).toBe(tokens.access_token);
    expect(reply.tokens.refreshToken?.reveal()).toBe(tokens.refresh_token);
    expect(reply.tokens).toMatchObject({
      tokenType: 'bearer',
      expiresAt: reply.sentAt + 7200 * second,
      refreshExpiresAt: reply.sentAt + 2_592_000 * second,
      // The reply has no scope, so what was asked for counts.
      scope: ['kso.user_base.read'],
    });
  });

  it.each([
    ['a number', 31_536_000],
    ['text, as the document’s table has it', '31536000'],
  ])('reads refresh_expires_in as %s', async (_, value) => {
    const reply = await readTokens(wps, answer({ ...tokens, refresh_expires_in: value }));
    expect(reply.tokens.refreshExpiresAt).toBe(reply.sentAt + 31_536_000 * second);
  });

  it('keeps no end of a refresh token that is not there', async () => {
    const reply = await readTokens(wps, answer({ ...tokens, refresh_token: undefined }));
    expect(reply.tokens).not.toHaveProperty('refreshExpiresAt');
  });

  it.each([
    ['absent', {}],
    ['0', { code: 0 }],
    ['"0"', { code: '0' }],
    ['null', { code: null }],
  ])('succeeds when the code is %s', async (_, extra) => {
    await expect(readTokens(wps, answer({ ...extra, ...tokens }))).resolves.toBeDefined();
  });

  it.each([
    ['another code beside a token', { ...tokens, code: 400990012 }],
    ['a negative code', { ...tokens, code: -1 }],
    ['a code that is no scalar', { ...tokens, code: [] }],
    ['code 0 without a token', { code: 0, msg: 'ok' }],
    ['the token inside an envelope', { code: 0, data: tokens }],
    ['an empty token', { ...tokens, access_token: '' }],
  ])('does not succeed with %s', async (_, body) => {
    expect((await failureOf(readTokens(wps, answer(body)))).httpStatus).toBe(200);
  });

  it('reads the failure of the document', async () => {
    const body = { code: 400990012, msg: 'code has expired' };
    expect(await failureOf(readTokens(wps, answer(body, { status: 400 })))).toMatchObject({
      errorClass: 'invalid_grant',
      platformCode: '400990012',
      platformMessage: 'code has expired',
    });
  });

  it.each([
    ['msg', { code: 1, msg: 'words' }],
    ['message', { code: 1, message: 'words' }],
    ['error_description', { error: 'odd', error_description: 'words' }],
    ['error', { error: 'words' }],
  ])('finds the platform’s words under %s', async (_, body) => {
    const failure = await failureOf(readTokens(wps, answer(body, { status: 400 })));
    expect(failure.platformMessage).toBe('words');
  });
});

describe('WPS: what its words mean, for it publishes no codes', () => {
  it.each([
    ['invalid_grant', 'invalid code'],
    ['invalid_grant', 'code has already been used'],
    ['invalid_grant', 'Code Expired'],
    ['invalid_grant', 'auth_code not found'],
    ['invalid_grant', 'refresh token revoked'],
    ['invalid_grant', 'refresh_token does not exist'],
    ['invalid_grant', '无效的 refresh_token'],
    ['invalid_grant', 'refresh_token 已过期'],
    ['invalid_grant', '授权码已失效'],
    ['invalid_grant', '授权码无效'],
    ['invalid_grant', '临时码已使用'],
    ['invalid_grant', '临时码不存在'],
    ['invalid_grant', 'refresh token 已撤销'],
    ['invalid_grant', 'invalid_grant'],
    ['invalid_client', 'invalid client_secret'],
    ['invalid_client', 'client not found'],
    ['invalid_client', 'invalid appid'],
    ['invalid_client', 'app key is wrong'],
    ['invalid_client', '应用不存在'],
    ['invalid_client', '密钥无效'],
    ['invalid_client', 'redirect_uri mismatch'],
    ['invalid_client', '回调地址不匹配'],
    ['insufficient_scope', 'invalid_scope'],
    ['insufficient_scope', '没有权限'],
    ['unknown', 'internal error'],
    ['unknown', 'code is required'],
    ['unknown', 'something is invalid'],
    ['unknown', 'decode failed: invalid character'],
    ['unknown', 'error code 17: invalid parameter'],
    ['unknown', ''],
  ])('%s: %s', async (errorClass, msg) => {
    const failure = await failureOf(readTokens(wps, answer({ code: 400000001, msg }, { status: 400 })));
    expect(failure.errorClass).toBe(errorClass);
  });

  it('never takes the number alone for anything', async () => {
    const failure = await failureOf(readTokens(wps, answer({ code: 400990012 }, { status: 400 })));
    expect(failure.errorClass).toBe('unknown');
  });

  it.each([
    [429, 'throttled'],
    [500, 'transient'],
    [502, 'transient'],
    [503, 'transient'],
    [504, 'transient'],
  ])('believes the HTTP status %i before any words', async (status, errorClass) => {
    const body = { code: 1, msg: 'client: refresh_token invalid' };
    expect((await failureOf(readTokens(wps, answer(body, { status })))).errorClass).toBe(errorClass);
  });
});

describe('WPS: user info', () => {
  const data = { avatar: 'https://p.example/a.png', company_id: 'c1', id: 'u1', user_name: '艾达' };

  it('sends the token as a bearer token, and a content type although there is no content', async () => {
    const { wire, http } = wireWith(answer({ code: 0, msg: '', data }));
    await wire.profile(wps, { accessToken: 'a.b-c_d' });
    expect(http.last).toMatchObject({ method: 'GET', url: 'https://openapi.wps.cn/v7/users/current' });
    expect(http.last.headers).toMatchObject({
      authorization: 'Bearer a.b-c_d',
      'content-type': 'application/json',
    });
    expect(http.last).not.toHaveProperty('body');
  });

  it('reads the envelope', async () => {
    expect(await readProfile(wps, answer({ code: 0, msg: '', data }))).toEqual({
      subject: 'u1',
      displayName: '艾达',
      avatarUrl: 'https://p.example/a.png',
      raw: data,
    });
  });

  it('does without a picture', async () => {
    const reply = await readProfile(wps, answer({ code: 0, data: { ...data, avatar: '' } }));
    expect(reply).not.toHaveProperty('avatarUrl');
  });

  it.each([
    [401, { code: 401000001, msg: 'token expired' }, 'invalid_token'],
    [403, { code: 403000001, message: 'kso: PermissionDenied err: ErrPrivileges: x' }, 'insufficient_scope'],
    [200, { code: 403000001, message: 'kso: PermissionDenied' }, 'insufficient_scope'],
    [403, { code: 1 }, 'insufficient_scope'],
    [429, { code: 1 }, 'throttled'],
    [500, { code: 1 }, 'transient'],
    [200, { code: 1, msg: 'no' }, 'unknown'],
    [200, { code: 0, data: {} }, 'unknown'],
    [200, { code: 0, data: [] }, 'unknown'],
    [200, { data }, 'unknown'],
  ])('HTTP %i with %j is %s', async (status, body, errorClass) => {
    expect((await failureOf(readProfile(wps, answer(body, { status })))).errorClass).toBe(errorClass);
  });
});
