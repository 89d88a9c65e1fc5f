import { describe, expect, it } from '@jest/globals';
import { clients, inputs, readProfile, readTokens, wireWith } from '../testing-support/clients.js';
import { answer, failureOf, formOf } from '../testing-support/fakes.js';

const { yuanzhibang } = clients;
const second = 1000;

/** The example of "OAuth2 接口说明". */
const openId =
  'bkNhRE1LN2FGb3pnWEJKS2l0MzZ0OCt3cVMwRkE0SXJTaDd6T2FNSWp0UjhhMUt1N29Db3ltcEZabXFMaGp0d0c1WDU3czk5QVkwbmlTSHVoblZ0elZoMWhXT2tFYW1FSElzaFZuU3VRSWhzM1VKd3RxL3ozSU1rUWMwaUt2TGk4OHA5c21lS3pRTmV1YTRRTEJ6L0c1N3pyU3NVYlUwM01qd203WTRVUDZBPQ';
const tokens = {
  status: 2000,
  message: 'ok',
  data: {
    open_id: openId,
    access_token: '5cc928f1eadd0a25bf18e08269c2309741e94b0b51585d987d24488331ca50de',
    expires_in: 7200,
    refresh_token: '1503c423d5303ccab35cb26792f403fcae48eec2bedca99b2e9259683f2a31ac',
    scope: 'sns_base',
  },
};
/** The document's refusal: the status is text, the data an empty list. */
const invalid = { status: '4102', message: 'authorization_code is invalid', data: [] };

describe('yuanzhibang: code exchange', () => {
  it('posts a form with the platform’s own names; the address is case-sensitive', async () => {
    const { wire, http } = wireWith(answer(tokens));
    await wire.tokens(yuanzhibang, 'exchange', { code: 'c/+=' });
    expect(http.last).toMatchObject({
      method: 'POST',
      url: 'https://oauth.yuanzhibang.com/OAuth2/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(formOf(http.last)).toEqual({
      app_id: 'yzb-app',
      secret: 'CANARY-yuanzhibang-secret',
      grant_type: 'authorization_code',
      code: 'c/+=',
    });
  });

  it('reads the reply with the long open_id', async () => {
    const { subject, tokens: read, sentAt } = await readTokens(yuanzhibang, answer(tokens));
    expect(subject).toBe(openId);
    expect(read.accessToken.reveal()).toBe(tokens.data.access_token);
    expect(read.refreshToken?.reveal()).toBe(tokens.data.refresh_token);
    expect(read).toMatchObject({ expiresAt: sentAt + 7200 * second, scope: ['sns_base'] });
    expect(read).not.toHaveProperty('refreshExpiresAt');
  });

  it.each([
    ['numbers', 2000, 7200],
    ['text', '2000', '7200'],
  ])('reads status and expires_in as %s', async (_, status, expires_in) => {
    const body = { ...tokens, status, data: { ...tokens.data, expires_in } };
    const { tokens: read, sentAt } = await readTokens(yuanzhibang, answer(body));
    expect(read.expiresAt).toBe(sentAt + 7200 * second);
  });

  it.each([
    ['2011 (ok, but nothing there)', { status: 2011, message: 'ok', data: [] }],
    ['2000 and an empty list', { status: 2000, message: 'ok', data: [] }],
    ['2000 and no token', { status: 2000, data: { open_id: 'o' } }],
    ['2001', { ...tokens, status: 2001 }],
    ['200', { ...tokens, status: 200 }],
    ['no status', { data: tokens.data }],
  ])('does not succeed with %s', async (_, body) => {
    expect(await failureOf(readTokens(yuanzhibang, answer(body)))).toMatchObject({
      errorClass: 'unknown',
      httpStatus: 200,
    });
  });

  it('reads the refusal of the document', async () => {
    expect(await failureOf(readTokens(yuanzhibang, answer(invalid)))).toMatchObject({
      errorClass: 'invalid_grant',
      platformCode: '4102',
      platformMessage: 'authorization_code is invalid',
      httpStatus: 200,
    });
  });
});

describe('yuanzhibang: server token', () => {
  it('asks with the singular grant type', async () => {
    const { wire, http } = wireWith(answer(tokens));
    await wire.tokens(yuanzhibang, 'appToken', {});
    expect(formOf(http.last)).toEqual({
      app_id: 'yzb-app',
      secret: 'CANARY-yuanzhibang-secret',
      grant_type: 'client_credential',
    });
  });

  it('reads the token, and nothing of a user', async () => {
    const reply = await readTokens(yuanzhibang, answer(tokens), 'appToken');
    expect(reply.tokens.accessToken.reveal()).toBe(tokens.data.access_token);
    expect(reply).not.toHaveProperty('subject');
    expect(reply.tokens).not.toHaveProperty('refreshToken');
  });

  it('blames the credentials when they are refused', async () => {
    expect(await failureOf(readTokens(yuanzhibang, answer(invalid), 'appToken'))).toMatchObject({
      errorClass: 'invalid_client',
      operation: 'appToken',
    });
  });
});

describe('yuanzhibang: user info', () => {
  it('is read with the server token, never with the user’s own', async () => {
    const { wire, http } = wireWith(answer({ status: 2000, data: { nick: 'Ada' } }));
    await wire.profile(yuanzhibang, inputs);
    expect(http.last.url).toBe('https://oauth.yuanzhibang.com/UserResource/getUserBaseInfo');
    expect(formOf(http.last)).toEqual({
      open_id: 'CANARY-subject',
      app_id: 'yzb-app',
      access_token: 'CANARY-app-token',
    });
    expect(wire.needsAppToken(yuanzhibang, 'profile')).toBe(true);
    expect(wire.needsAppToken(yuanzhibang, 'exchange')).toBe(false);
    expect(wire.needsAppToken(yuanzhibang, 'refresh')).toBe(false);
  });

  it('cannot be read without the server token', async () => {
    const { wire, http } = wireWith();
    const failure = await failureOf(wire.profile(yuanzhibang, { subject: 'o', accessToken: 'a' }));
    expect(failure).toMatchObject({ errorClass: 'invalid_request', fate: 'not_sent' });
    expect(http.requests).toHaveLength(0);
  });

  it('reads name and picture', async () => {
    const data = { nick: 'Ada', avatar: 'https://p.example/a.png', sex: '2' };
    expect(await readProfile(yuanzhibang, answer({ status: '2000', data }))).toEqual({
      displayName: 'Ada',
      avatarUrl: 'https://p.example/a.png',
      raw: data,
    });
  });

  it.each([
    ['there is no data', { status: 2011, data: [] }],
    ['there is no data, in text', { status: '2011', data: [] }],
    ['the user has not granted it', { status: '4103', message: 'no permission', data: [] }],
  ])('gives an empty profile when %s', async (_, body) => {
    expect(await readProfile(yuanzhibang, answer(body))).toEqual({ raw: {} });
  });

  it.each([
    [200, { ...invalid, message: 'server_access_token is invalid' }, 'invalid_token'],
    [200, { status: 4101, data: [] }, 'invalid_request'],
    [200, { status: 4104, data: [] }, 'insufficient_scope'],
    [200, { status: 4000, message: 'no', data: [] }, 'unknown'],
    // Nothing of a failing HTTP status is a success, not even "no data".
    [502, { status: 2011, data: [] }, 'transient'],
    [502, { status: 2000, data: { nick: 'Ada' } }, 'transient'],
  ])('HTTP %i with %j is %s', async (status, body, errorClass) => {
    expect((await failureOf(readProfile(yuanzhibang, answer(body, { status })))).errorClass).toBe(errorClass);
  });
});
