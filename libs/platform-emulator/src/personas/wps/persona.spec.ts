import { describe, expect, it } from '@jest/globals';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { demoClients } from '../../demo-clients.js';
import { type PlatformEmulator } from '../../emulator.js';
import { ask, locationOf, postForm, start, without } from '../../testing/harness.js';

const { clientId, clientSecret } = demoClients.wps;
const redirectUri = 'http://127.0.0.1:3000/auth/wps/callback';
const authorization = {
  client_id: clientId,
  response_type: 'code',
  redirect_uri: redirectUri,
  scope: 'kso.user_base.read',
  state: 'a b+c/=',
};

const authorizeUrl = (emulator: PlatformEmulator, changes: Record<string, string> = {}) =>
  `${emulator.url}/oauth2/auth?${new URLSearchParams({ ...authorization, ...changes }).toString()}`;

function exchange(emulator: PlatformEmulator, code: string, changes: Record<string, string> = {}) {
  return postForm(`${emulator.url}/oauth2/token`, exchangeForm(code, changes));
}

function exchangeForm(code: string, changes: Record<string, string> = {}) {
  return {
    grant_type: 'authorization_code',
    client_id: clientId,
    client_secret: clientSecret,
    code,
    redirect_uri: redirectUri,
    ...changes,
  };
}

function currentUser(emulator: PlatformEmulator, token: unknown) {
  return ask(`${emulator.url}/v7/users/current`, { headers: { authorization: `Bearer ${String(token)}` } });
}

describe('WPS authorize', () => {
  it('sends the approved user back with a code that leads to the profile', async () => {
    const emulator = await start();
    const approved = await postForm(authorizeUrl(emulator), { decision: 'approve', user: 'alice' });
    expect(approved.status).toBe(302);
    const location = locationOf(approved);
    expect(location.origin + location.pathname).toBe(redirectUri);
    expect(location.searchParams.get('state')).toBe('a b+c/=');

    const token = await exchange(emulator, location.searchParams.get('code')!);
    const profile = await currentUser(emulator, token.json['access_token']);
    expect(profile.json).toMatchObject({ code: 0, msg: '', data: { user_name: 'Alice Müller', avatar: '' } });
    expect(Object.keys(profile.json.data).sort()).toEqual(['avatar', 'company_id', 'id', 'user_name']);
  });

  it('reports a denial in the query', async () => {
    const emulator = await start();
    const location = locationOf(await postForm(authorizeUrl(emulator), { decision: 'deny' }));
    expect(location.searchParams.get('error')).toBe('access_denied');
    expect(location.searchParams.get('error_description')).toBeTruthy();
    expect(location.searchParams.get('state')).toBe('a b+c/=');
    expect(location.searchParams.has('code')).toBe(false);
  });

  it('signs the first user in at once when told to approve by itself', async () => {
    const emulator = await start({ autoApprove: true });
    const answer = await ask(authorizeUrl(emulator));
    expect(answer.status).toBe(302);
    const token = await exchange(emulator, locationOf(answer).searchParams.get('code')!);
    const profile = await currentUser(emulator, token.json['access_token']);
    expect(profile.json.data['user_name']).toBe('张伟');
    const avatar = await ask(String(profile.json.data['avatar']));
    expect(avatar.headers.get('content-type')).toBe('image/svg+xml');
    expect(avatar.text).toContain('张');
  });

  it('keeps the query a redirect URI already has, and leaves state out when there was none', async () => {
    const emulator = await start({ autoApprove: true });
    const url = new URL(authorizeUrl(emulator, { redirect_uri: `${redirectUri}?next=%2Fa+b` }));
    url.searchParams.delete('state');
    const location = (await ask(url.href)).headers.get('location') ?? '';
    expect(location).toMatch(/\?next=%2Fa\+b&code=[\w-]+$/);
  });

  it.each([
    ['an unknown client', { client_id: 'AK-unknown' }],
    ['no client', { client_id: '' }],
    ['a foreign redirect URI', { redirect_uri: 'https://attacker.example/callback' }],
    ['a loopback look-alike', { redirect_uri: 'http://127.0.0.1.attacker.example/' }],
    ['a user-info trick', { redirect_uri: 'http://127.0.0.1@attacker.example/' }],
    ['a redirect URI with a fragment', { redirect_uri: `${redirectUri}#x` }],
    ['a relative redirect URI', { redirect_uri: '/callback' }],
  ])('shows an error page and never redirects for %s', async (_name, changes) => {
    const emulator = await start({ autoApprove: true });
    const answer = await ask(authorizeUrl(emulator, changes));
    expect(answer.status).toBe(400);
    expect(answer.headers.get('location')).toBeNull();
    expect(answer.headers.get('content-type')).toContain('text/html');
  });

  it.each([
    ['blanks between scopes', { scope: 'kso.user_base.read kso.calendar.read' }, 'invalid_scope'],
    ['an unknown kind of scope', { scope: 'everything' }, 'invalid_scope'],
    ['no scope', { scope: '' }, 'invalid_scope'],
    ['another response type', { response_type: 'token' }, 'unsupported_response_type'],
  ])('refuses %s at the redirect URI', async (_name, changes, error) => {
    const emulator = await start({ autoApprove: true });
    const location = locationOf(await ask(authorizeUrl(emulator, changes)));
    expect(location.searchParams.get('error')).toBe(error);
    expect(location.searchParams.get('state')).toBe('a b+c/=');
  });

  it('accepts any loopback redirect URI for the demo client and only the registered one for others', async () => {
    const registered = 'https://app.example.com/callback';
    const client = { clientId: 'AKEXTRA', clientSecret: 's', redirectUris: [registered] };
    const emulator = await start({ autoApprove: true, clients: { wps: [client] } });
    for (const uri of ['http://localhost:8080/x', 'http://[::1]:9/', 'http://127.9.9.9:1/y?z=1']) {
      expect((await ask(authorizeUrl(emulator, { redirect_uri: uri }))).status).toBe(302);
    }
    const extra = { client_id: 'AKEXTRA' };
    expect((await ask(authorizeUrl(emulator, { ...extra, redirect_uri: registered }))).status).toBe(302);
    expect((await ask(authorizeUrl(emulator, extra))).status).toBe(400);
  });
});

describe('WPS token', () => {
  it('answers flat JSON with ES256 tokens', async () => {
    const emulator = await start();
    const answer = await exchange(emulator, emulator.issueCode('wps'));
    expect(answer.status).toBe(200);
    const { access_token: access, refresh_token: refresh, ...rest } = answer.json;
    expect(rest).toEqual({ expires_in: 7200, refresh_expires_in: 2592000, token_type: 'bearer' });
    for (const token of [access, refresh].map(String)) {
      expect(decodeProtectedHeader(token).alg).toBe('ES256');
    }
    const { iat, exp } = decodeJwt(String(access));
    expect(exp! - iat!).toBe(7200);
    expect(access).not.toBe(refresh);
  });

  it('takes a code once', async () => {
    const emulator = await start();
    const code = emulator.issueCode('wps');
    expect((await exchange(emulator, code)).status).toBe(200);
    const again = await exchange(emulator, code);
    expect(again.status).toBe(400);
    expect(again.json).toEqual({ code: 400990013, msg: 'code has already been used' });
  });

  it('takes a code for ten minutes', async () => {
    const emulator = await start({ clock: { now: () => 1_700_000_000_000 } });
    const [early, late] = [emulator.issueCode('wps'), emulator.issueCode('wps')];
    emulator.advanceClock(599);
    expect((await exchange(emulator, early)).status).toBe(200);
    emulator.advanceClock(1);
    expect((await exchange(emulator, late)).json).toEqual({ code: 400990012, msg: 'code has expired' });
  });

  it('binds a code to the redirect URI and the client of its authorize request', async () => {
    const clients = { wps: [{ clientId: 'AKOTHER', clientSecret: 'other' }] };
    const emulator = await start({ autoApprove: true, clients });
    const code = locationOf(await ask(authorizeUrl(emulator))).searchParams.get('code')!;
    const elsewhere = await exchange(emulator, code, { redirect_uri: 'http://127.0.0.1:3000/other' });
    expect(elsewhere.json).toMatchObject({ code: 400990014 });
    const other = await exchange(emulator, code, { client_id: 'AKOTHER', client_secret: 'other' });
    expect(other.json).toMatchObject({ code: 400990011 });
    expect((await exchange(emulator, code)).status).toBe(200);
  });

  it.each([
    ['grant_type', { grant_type: 'password' }, 400, 400990003],
    ['client_id', { client_id: 'AK-unknown' }, 401, 401990001],
    ['client_secret', { client_secret: 'wrong' }, 401, 401990002],
    ['code', { code: 'never-issued' }, 400, 400990011],
    ['redirect_uri', { redirect_uri: 'https://attacker.example/' }, 400, 400990014],
  ])('refuses a wrong %s', async (name, changes, status, code) => {
    const emulator = await start();
    const answer = await exchange(emulator, emulator.issueCode('wps'), changes);
    expect(answer.status).toBe(status);
    expect(answer.json).toEqual({ code, msg: expect.stringContaining(name) });
  });

  it.each([
    ['grant_type', 400990002],
    ['client_id', 400990004],
    ['client_secret', 400990005],
    ['code', 400990006],
    ['redirect_uri', 400990007],
  ])('refuses a missing %s', async (name, code) => {
    const emulator = await start();
    const form = without(exchangeForm(emulator.issueCode('wps')), name);
    const answer = await postForm(`${emulator.url}/oauth2/token`, form);
    expect(answer.json).toEqual({ code, msg: `${name} is required` });
  });

  it('insists on a urlencoded body and on POST', async () => {
    const emulator = await start();
    const url = `${emulator.url}/oauth2/token`;
    const body = JSON.stringify(exchangeForm(emulator.issueCode('wps')));
    const json = await ask(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(json.json).toMatchObject({ code: 400990001 });
    expect((await ask(url)).status).toBe(405);
  });
});

describe('WPS profile', () => {
  it('refuses a missing, unknown and expired token', async () => {
    const emulator = await start();
    const token = (await exchange(emulator, emulator.issueCode('wps'))).json['access_token'];
    expect((await ask(`${emulator.url}/v7/users/current`)).json).toMatchObject({ code: 401990011 });
    expect((await currentUser(emulator, 'nonsense')).json).toMatchObject({ code: 401990012 });
    expect((await currentUser(emulator, token)).status).toBe(200);
    emulator.advanceClock(7200);
    const late = await currentUser(emulator, token);
    expect(late.status).toBe(401);
    expect(late.json).toMatchObject({ code: 401990013 });
  });

  it('needs the scope kso.user_base.read', async () => {
    const emulator = await start();
    const code = emulator.issueCode('wps', { scopes: ['kso.calendar.read'] });
    const token = (await exchange(emulator, code)).json['access_token'];
    const answer = await currentUser(emulator, token);
    expect(answer.status).toBe(403);
    expect(answer.json).toMatchObject({ code: 403990001 });
  });

  it('gives every user an id that stays', async () => {
    const emulator = await start();
    const idOf = async (user: string) => {
      const token = (await exchange(emulator, emulator.issueCode('wps', { user }))).json['access_token'];
      return (await currentUser(emulator, token)).json.data['id'];
    };
    const first = await idOf('user-1');
    expect(await idOf('user-2')).not.toBe(first);
    emulator.reset();
    expect(await idOf('user-1')).toBe(first);
  });
});
