import { describe, expect, it } from '@jest/globals';
import { clients, wireWith } from '../testing-support/clients.js';
import { answer, failureOf, formOf } from '../testing-support/fakes.js';

const { anyweb, huawei, wps, yuanzhibang } = clients;
const second = 1000;
const old = { refreshToken: 'CANARY-refresh', subject: 'o1' };

describe('refresh', () => {
  it('AnyWeb: the refresh token alone is sent, and the new token is called "token"', async () => {
    const data = { token: 'new', expire: 7200, refreshToken: 'next', refreshExpire: 2_592_000 };
    const { wire, http, clock } = wireWith(answer({ code: 1000, data }));
    const { tokens } = await wire.tokens(anyweb, 'refresh', old);
    expect(http.last.url).toBe('https://api.anyweb.cc/open/refreshToken');
    expect(JSON.parse(String(http.last.body))).toEqual({ refreshToken: 'CANARY-refresh' });
    expect([tokens.accessToken.reveal(), tokens.refreshToken?.reveal()]).toEqual(['new', 'next']);
    expect(tokens.expiresAt).toBe(clock.now() + 7200 * second);
    expect(tokens.refreshExpiresAt).toBe(clock.now() + 2_592_000 * second);
  });

  it('AnyWeb: a dead refresh token is a dead grant', async () => {
    const { wire } = wireWith(answer({ code: 'A107B013', message: 'refreshToken invalid' }));
    expect((await failureOf(wire.tokens(anyweb, 'refresh', old))).errorClass).toBe('invalid_grant');
  });

  it('Huawei: the reply has no refresh token, and none is made up', async () => {
    const { wire, http } = wireWith(answer({ access_token: 'new', expires_in: 3600, token_type: 'Bearer' }));
    const { tokens } = await wire.tokens(huawei, 'refresh', { refreshToken: 'a+b/c=' });
    expect(String(http.last.body)).toContain('refresh_token=a%2Bb%2Fc%3D');
    expect(formOf(http.last)).toMatchObject({
      grant_type: 'refresh_token',
      client_secret: 'CANARY-huawei-secret',
    });
    expect(tokens).not.toHaveProperty('refreshToken');
  });

  it('WPS: both tokens are new, and the life of the refresh token counts down', async () => {
    const body = {
      access_token: 'new',
      expires_in: 7200,
      refresh_token: 'next',
      refresh_expires_in: '31535000',
    };
    const { wire, http, clock } = wireWith(answer({ ...body, token_type: 'bearer' }));
    const { tokens } = await wire.tokens(wps, 'refresh', old);
    expect(formOf(http.last)).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'CANARY-refresh',
      client_id: 'AK20240501',
      client_secret: 'CANARY-wps-secret',
    });
    expect(tokens.refreshToken?.reveal()).toBe('next');
    expect(tokens.refreshExpiresAt).toBe(clock.now() + 31_535_000 * second);
  });

  it('yuanzhibang: no secret, the open_id, and an address with a small t', async () => {
    const data = { access_token: 'new', expires_in: 7200, refresh_token: 'next', open_id: 'o1' };
    const { wire, http } = wireWith(answer({ status: '2000', data }));
    const { tokens } = await wire.tokens(yuanzhibang, 'refresh', old);
    expect(http.last.url).toBe('https://oauth.yuanzhibang.com/OAuth2/refreshtoken');
    expect(formOf(http.last)).toEqual({
      app_id: 'yzb-app',
      grant_type: 'refresh_token',
      open_id: 'o1',
      refresh_token: 'CANARY-refresh',
    });
    expect(tokens.refreshToken?.reveal()).toBe('next');
  });

  it.each(Object.entries(clients))('%s: cannot be asked for without a refresh token', async (_, provider) => {
    const { wire, http } = wireWith();
    const failure = await failureOf(wire.tokens(provider, 'refresh', { subject: 'o1' }));
    expect(failure).toMatchObject({ errorClass: 'invalid_request', fate: 'not_sent' });
    expect(http.requests).toHaveLength(0);
  });
});

describe('app token', () => {
  it('AnyWeb: the document’s reply, in which expiresIn is a duration', async () => {
    const data = { serviceToken: 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.X.4--P506', expiresIn: 7200 };
    const { wire, http, clock } = wireWith(answer({ code: 1000, message: 'success', data }));
    const { tokens } = await wire.tokens(anyweb, 'appToken', {});
    expect(http.last.url).toBe('https://api.anyweb.cc/service/serviceToken');
    expect(JSON.parse(String(http.last.body))).toEqual({
      appid: 'anyweb-app',
      secret: 'CANARY-anyweb-secret',
    });
    expect(tokens.accessToken.reveal()).toBe(data.serviceToken);
    expect(tokens.expiresAt).toBe(clock.now() + 7200 * second);
  });

  it.each([
    ['invalid_token', 'A108P001'],
    ['invalid_request', 'A108P002'],
    ['invalid_request', 'A108P003'],
    ['invalid_client', 'A108P004'],
    ['invalid_client', 'A108P005'],
    ['insufficient_scope', 'A108P006'],
    ['invalid_request', 'A108P007'],
    ['transient', 'A108B001'],
    ['transient', 'A108B002'],
    ['unknown', 'A109P001'],
  ])('AnyWeb: %s for %s', async (errorClass, code) => {
    const { wire } = wireWith(answer({ code, message: 'm' }));
    expect((await failureOf(wire.tokens(anyweb, 'appToken', {}))).errorClass).toBe(errorClass);
  });

  it.each([
    ['Huawei', huawei, '107408391', 'CANARY-huawei-secret'],
    ['WPS', wps, 'AK20240501', 'CANARY-wps-secret'],
  ])('%s: client_credentials', async (_, provider, client_id, client_secret) => {
    const { wire, http } = wireWith(answer({ access_token: 'app', expires_in: 3600, token_type: 'Bearer' }));
    const { tokens } = await wire.tokens(provider, 'appToken', {});
    expect(formOf(http.last)).toEqual({ grant_type: 'client_credentials', client_id, client_secret });
    expect(tokens.accessToken.reveal()).toBe('app');
  });

  it('WPS: for a tenant, with the ticket that was pushed', async () => {
    const { wire, http } = wireWith(answer({ access_token: 'app', expires_in: 7200 }));
    await wire.tokens(wps, 'appToken', { tenant: 'c1', ticket: 't1' });
    expect(formOf(http.last)).toMatchObject({ company_id: 'c1', app_ticket: 't1' });
  });
});

describe('yuanzhibang: ticket', () => {
  const inputs = { appToken: 'CANARY-server', tokenType: 'js_ticket' };

  it('the document’s reply', async () => {
    const data = {
      ticket: '36bd5645fbadaf5e3ef4a889f0ac26ee14fa7ab0578e8e0108519a4706f2ab4c',
      expires_in: 7200,
    };
    const { wire, http, clock } = wireWith(answer({ status: '2000', message: 'ok', data }));
    const { tokens } = await wire.tokens(yuanzhibang, 'ticket', inputs);
    expect(formOf(http.last)).toEqual({
      app_id: 'yzb-app',
      access_token: 'CANARY-server',
      type: 'js_ticket',
    });
    expect(tokens.accessToken.reveal()).toBe(data.ticket);
    expect(tokens.expiresAt).toBe(clock.now() + 7200 * second);
    expect(wire.needsAppToken(yuanzhibang, 'ticket')).toBe(true);
  });

  it('the document’s refusal is about the server token', async () => {
    const { wire } = wireWith(
      answer({ status: '4102', message: 'server_access_token is invalid', data: [] }),
    );
    expect((await failureOf(wire.tokens(yuanzhibang, 'ticket', inputs))).errorClass).toBe('invalid_token');
  });
});

describe('introspection', () => {
  it('yuanzhibang: expires_in is a moment here, and only here', async () => {
    const { wire, clock } = wireWith(
      answer({ status: '2000', message: 'ok', data: { expires_in: 1654576906 } }),
    );
    clock.time = Date.parse('2022-06-07T03:00:00Z');
    const { active, expiresAt } = await wire.introspect(yuanzhibang, { token: 't', tokenType: 'js_ticket' });
    expect([active, new Date(expiresAt ?? 0).toISOString()]).toEqual([true, '2022-06-07T04:41:46.000Z']);
  });

  it('yuanzhibang: 4102 is an answer, everything else a failure', async () => {
    const { wire } = wireWith(
      answer({ status: '4102', message: 'server_access_token is invalid', data: [] }),
      answer({ status: '4000', message: 'no', data: [] }),
    );
    const inputs = { token: 't', tokenType: 'access_token' };
    expect(await wire.introspect(yuanzhibang, inputs)).toEqual({ active: false });
    expect((await failureOf(wire.introspect(yuanzhibang, inputs))).errorClass).toBe('unknown');
  });

  const info = { client_id: '107408391', expire_in: 1800, union_id: 'U1', scope: 'openid profile', type: 0 };

  it('Huawei: JSON that says it is text, with expire_in', async () => {
    const { wire, http, clock } = wireWith(
      answer(JSON.stringify(info), { headers: { 'content-type': 'text/plain' } }),
    );
    expect(await wire.introspect(huawei, { token: 'a/b+c=' })).toEqual({
      active: true,
      expiresAt: clock.now() + 1800 * second,
      subject: 'U1',
      scope: ['openid', 'profile'],
    });
    expect(http.last.url).toContain('nsp_svc=huawei.oauth2.user.getTokenInfo');
    expect(http.last.body).toBe('access_token=a%2Fb%2Bc%3D&open_id=OPENID');
  });

  it('Huawei: the token of another client counts as not valid', async () => {
    const { wire } = wireWith(answer({ ...info, client_id: '1' }));
    expect(await wire.introspect(huawei, { token: 't' })).toEqual({ active: false });
  });

  it.each(['6', '102', '31204'])('Huawei: NSP_STATUS %s says that it is not valid', async (status) => {
    const { wire } = wireWith(answer({ error: 'x' }, { headers: { nsp_status: status } }));
    expect(await wire.introspect(huawei, { token: 't' })).toEqual({ active: false });
  });

  it.each([
    ['no client', answer({ ...info, client_id: undefined }), 'unknown'],
    ['throttled', answer({ error: 'x' }, { headers: { nsp_status: '1302' } }), 'throttled'],
    ['HTTP 500', answer('', { status: 500 }), 'transient'],
  ])('Huawei: %s is no answer at all', async (_, reply, errorClass) => {
    const { wire } = wireWith(reply);
    expect((await failureOf(wire.introspect(huawei, { token: 't' }))).errorClass).toBe(errorClass);
  });
});

describe('Huawei: revocation', () => {
  const refused = (sub_error: number) => answer({ error: 1203, sub_error }, { status: 400 });

  it('sends the token alone, without client authentication', async () => {
    const { wire, http } = wireWith(answer({}));
    await wire.revoke(huawei, { token: 'a/b' });
    expect(http.last).toMatchObject({
      url: 'https://oauth-login.cloud.huawei.com/oauth2/v3/revoke',
      body: 'token=a%2Fb',
    });
  });

  it.each([11205, 31204])('takes "gone already" (%i) for done', async (code) => {
    const { wire } = wireWith(refused(code));
    await expect(wire.revoke(huawei, { token: 't' })).resolves.toBeUndefined();
  });

  it.each([
    [31202, 'invalid_request'],
    [500, 'transient'],
    [99, 'unknown'],
  ])('fails on %i', async (code, errorClass) => {
    const { wire } = wireWith(refused(code));
    expect((await failureOf(wire.revoke(huawei, { token: 't' }))).errorClass).toBe(errorClass);
  });

  it('is offered by Huawei alone', () => {
    const { wire } = wireWith();
    const offering = Object.entries(clients).filter(([, provider]) => wire.offers(provider, 'revoke'));
    expect(offering.map(([name]) => name)).toEqual(['huawei']);
  });
});
