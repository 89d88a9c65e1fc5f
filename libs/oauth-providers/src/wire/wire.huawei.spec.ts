import { describe, expect, it } from '@jest/globals';
import { clients, inputs, readProfile, readTokens, wireWith } from '../testing-support/clients.js';
import { answer, failureOf, formOf } from '../testing-support/fakes.js';

const { huawei } = clients;
const hour = 3_600_000;

/** The example of "Web应用怎样获取Access Token？", as it arrives in the callback, once decoded. */
const code =
  'DwEEABlWuXdOMrHWphJ7ixKxqkMiTfdoFX11KIcY0CP8gL2Qq5b5MNZpGtPWHKK5KBHm6u6KDP1BXq8JRunU4xIz4DV2zbdGCzEPCbuRaDz/zgbzWV6ty2K1TcbToSEdDszr1to17JbGiI5yM7oUx5kEf200rCvVBEGWy8a+BCADZ8+WPAAEd2O+UnjqoAhDSjs2s3ate0heX3DFAUrtwIOcZLCK/Wby+U2oD2eaXX0CXhBNY5PE0nzBLxr4+5+YH+Fh8+SssOl3repWjH0bxni8iQ==';
const encodedCode =
  'DwEEABlWuXdOMrHWphJ7ixKxqkMiTfdoFX11KIcY0CP8gL2Qq5b5MNZpGtPWHKK5KBHm6u6KDP1BXq8JRunU4xIz4DV2zbdGCzEPCbuRaDz%2FzgbzWV6ty2K1TcbToSEdDszr1to17JbGiI5yM7oUx5kEf200rCvVBEGWy8a%2BBCADZ8%2BWPAAEd2O%2BUnjqoAhDSjs2s3ate0heX3DFAUrtwIOcZLCK%2FWby%2BU2oD2eaXX0CXhBNY5PE0nzBLxr4%2B5%2BYH%2BFh8%2BSssOl3repWjH0bxni8iQ%3D%3D';

const tokens = {
  access_token: 'CgB6e3x9/a+b=',
  expires_in: 3600,
  refresh_token: 'DAECANR5QD9Ta3YKIn2Pwpmq8g6CyOGcsz3i+/=',
  scope: 'openid profile',
  id_token: 'eyJ.eyJ.sig',
  token_type: 'Bearer',
};

describe('Huawei: code exchange', () => {
  it('posts the form of the document, with the code percent-encoded exactly as the document shows it', async () => {
    const { wire, http } = wireWith(answer(tokens));
    await wire.tokens(huawei, 'exchange', {
      ...inputs,
      code,
      redirectUri: 'https://www.thirdwebdemo.com/redirect_url',
    });
    expect(http.last).toMatchObject({
      method: 'POST',
      url: 'https://oauth-login.cloud.huawei.com/oauth2/v3/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(String(http.last.body)).toContain(
      `grant_type=authorization_code&code=${encodedCode}&client_id=107408391&client_secret=`,
    );
    expect(String(http.last.body)).toContain(
      '&redirect_uri=https%3A%2F%2Fwww.thirdwebdemo.com%2Fredirect_url',
    );
    expect(formOf(http.last)['supportAlg']).toBe('PS256');
  });

  it('sends the PKCE verifier when there is one, and no such parameter when there is none', async () => {
    const { wire, http } = wireWith(answer(tokens), answer(tokens));
    await wire.tokens(huawei, 'exchange', { ...inputs, codeVerifier: 'v'.repeat(43) });
    expect(formOf(http.last)['code_verifier']).toBe('v'.repeat(43));
    await wire.tokens(huawei, 'exchange', inputs);
    expect(formOf(http.last)).not.toHaveProperty('code_verifier');
  });

  it('reads the reply, which has no envelope', async () => {
    const reply = await readTokens(
      huawei,
      answer(tokens, { headers: { 'content-type': 'application/json;charset=utf-8' } }),
    );
    expect(reply.tokens.accessToken.reveal()).toBe('CgB6e3x9/a+b=');
    expect(reply.tokens.refreshToken?.reveal()).toBe(tokens.refresh_token);
    expect(reply.tokens.idToken?.reveal()).toBe('eyJ.eyJ.sig');
    expect(reply.tokens).toMatchObject({
      tokenType: 'Bearer',
      scope: ['openid', 'profile'],
      expiresAt: reply.sentAt + hour,
    });
    // The subject comes from the verified id_token, never from the reply itself.
    expect(reply.subject).toBeUndefined();
  });

  it('reads tokens whose slashes are escaped', async () => {
    const reply = await readTokens(
      huawei,
      answer(String.raw`{"access_token":"a\/b+c\/d==","expires_in":3600}`),
    );
    expect(reply.tokens.accessToken.reveal()).toBe('a/b+c/d==');
  });

  it('knows nothing of a refresh token that is not there, and of no date for the one that is', async () => {
    const reply = await readTokens(huawei, answer({ ...tokens, refresh_token: undefined }));
    expect(reply.tokens).not.toHaveProperty('refreshToken');
    expect((await readTokens(huawei, answer(tokens))).tokens).not.toHaveProperty('refreshExpiresAt');
  });

  it('reads a token of 1024 characters', async () => {
    const long = 'x'.repeat(1024);
    expect(
      (await readTokens(huawei, answer({ ...tokens, access_token: long }))).tokens.accessToken.reveal(),
    ).toBe(long);
  });

  it.each([
    ['an error beside a token', { ...tokens, error: 1101, sub_error: 20155 }],
    ['no token', { expires_in: 3600, token_type: 'Bearer' }],
    ['an empty token', { ...tokens, access_token: '' }],
    ['a null token', { ...tokens, access_token: null }],
  ])('takes HTTP 200 with %s for no success', async (_, body) => {
    await expect(readTokens(huawei, answer(body))).rejects.toMatchObject({ name: 'OAuthProviderError' });
  });

  it('takes a token in an HTTP 400 for no success', async () => {
    const failure = await failureOf(readTokens(huawei, answer(tokens, { status: 400 })));
    expect(failure).toMatchObject({ errorClass: 'unknown', httpStatus: 400 });
  });

  it('gives both codes of a refusal as strings', async () => {
    const body = { error: 1101, sub_error: 20155, error_description: 'code is expired' };
    const failure = await failureOf(readTokens(huawei, answer(body, { status: 400 })));
    expect(failure).toMatchObject({
      errorClass: 'invalid_grant',
      platformCode: '1101',
      platformSubCode: '20155',
      platformMessage: 'code is expired',
      httpStatus: 400,
    });
    expect(failure.message).toBe(
      'huawei exchange: the platform refused (HTTP 400) (invalid_grant, platform code 1101/20155)',
    );
  });
});

describe('Huawei: user info (rest.php)', () => {
  const user = {
    openID: 'O1',
    unionID: 'U1',
    displayName: 'Ada',
    displayNameFlag: 0,
    headPictureURL: 'https://p.example/a.png',
  };

  it('asks with the token in the form and the service in the query', async () => {
    const { wire, http } = wireWith(answer(user));
    await wire.profile(huawei, { accessToken: 'a/b+c=' });
    expect(http.last.url).toBe('https://account.cloud.huawei.com/rest.php?nsp_svc=GOpen.User.getInfo');
    expect(http.last.headers).not.toHaveProperty('authorization');
    expect(http.last.body).toBe('access_token=a%2Fb%2Bc%3D&getNickName=1');
  });

  it('reads JSON that says it is text, under the platform’s own names', async () => {
    const reply = await readProfile(
      huawei,
      answer(JSON.stringify(user), { headers: { 'content-type': 'text/plain' } }),
    );
    expect(reply).toEqual({
      subject: 'U1',
      displayName: 'Ada',
      avatarUrl: 'https://p.example/a.png',
      raw: user,
    });
  });

  it('does without a name and a picture', async () => {
    const reply = await readProfile(huawei, answer({ openID: 'O1', unionID: 'U1' }));
    expect(reply).toEqual({ subject: 'U1', raw: { openID: 'O1', unionID: 'U1' } });
  });

  it.each([
    ['6', 'invalid_token'],
    ['102', 'invalid_token'],
    ['31204', 'invalid_token'],
    ['105', 'invalid_request'],
    ['70001201', 'invalid_request'],
    ['403', 'insufficient_scope'],
    ['503', 'throttled'],
    ['1302', 'throttled'],
    ['1', 'transient'],
    ['500', 'transient'],
    ['501', 'transient'],
    ['70001401', 'transient'],
    ['70001402', 'transient'],
    ['70020002', 'transient'],
    ['999', 'unknown'],
  ])('takes HTTP 200 with NSP_STATUS %s for %s', async (status, errorClass) => {
    const reply = answer({ error: 'session timeout' }, { headers: { nsp_status: status } });
    expect(await failureOf(readProfile(huawei, reply))).toMatchObject({
      errorClass,
      operation: 'profile',
      platformCode: status,
      platformMessage: 'session timeout',
      httpStatus: 200,
    });
  });

  it.each([
    ['the header alone, beside a whole user', user, { nsp_status: '6' }, 'invalid_token'],
    ['an error in the body alone', { ...user, error: 'session timeout' }, {}, 'unknown'],
    ['no unionID', { openID: 'O1' }, {}, 'unknown'],
  ])('believes %s', async (_, body, headers, errorClass) => {
    expect(await failureOf(readProfile(huawei, answer(body, { headers })))).toMatchObject({ errorClass });
  });
});
