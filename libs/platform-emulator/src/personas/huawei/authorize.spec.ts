import { describe, expect, it } from '@jest/globals';
import { ask, locationOf, postForm, start } from '../../testing/harness.js';
import { authorizeUrl, clients, redirectUri, registered } from '../../testing/huawei.js';

describe('Huawei authorize', () => {
  it('answers with a code full of + / = and the state unchanged', async () => {
    const emulator = await start();
    const answer = await postForm(authorizeUrl(emulator), { decision: 'approve' });
    const location = locationOf(answer);
    expect(location.href).toMatch(/code=[\w%]+&state=/);
    expect(location.searchParams.get('state')).toBe('s t+a/te=');
    const code = location.searchParams.get('code')!;
    expect(code).toMatch(/^[0-9a-zA-Z=/+]+$/);
    for (const character of '+/=') expect(code).toContain(character);
  });

  it('reports a denial in the fragment without state, or in the query with it', async () => {
    const emulator = await start();
    const denied = await postForm(authorizeUrl(emulator), { decision: 'deny' });
    expect(denied.headers.get('location')).toBe(`${redirectUri}#error=1107&error_description=access+denied`);
    const inQuery = locationOf(await postForm(authorizeUrl(emulator), { decision: 'deny', denial: 'query' }));
    expect(Object.fromEntries(inQuery.searchParams)).toEqual({
      error: 'access_denied',
      error_description: 'access denied',
      state: 's t+a/te=',
    });
    expect(inQuery.hash).toBe('');
  });

  it('offers both ways of denying on its page', async () => {
    const emulator = await start();
    const { text } = await ask(authorizeUrl(emulator));
    expect(text).toMatch(/<select name="denial">/);
    expect(text).toMatch(/value="fragment"[\s\S]*value="query"/);
  });

  it.each([
    ['no client', { client_id: '' }, '1102/20001'],
    ['a client id that is no number', { client_id: 'abc' }, '1101/20002'],
    ['an unknown client', { client_id: '999' }, '1101/20003'],
    ['a malformed redirect URI', { redirect_uri: 'callback' }, '1101/20022'],
    ['a foreign redirect URI', { redirect_uri: 'https://attacker.example/' }, '1101/20023'],
    ['a scope with other characters', { scope: 'openid profile,email' }, '1101/20041'],
    ['too many scopes', { scope: `openid${' x'.repeat(150)}` }, '1101/20041'],
    ['no openid', { scope: 'profile' }, '1101/20042'],
    ['another response type', { response_type: 'token' }, 'response_type'],
    ['PKCE without S256', { code_challenge: 'a'.repeat(43) }, 'S256'],
    ['plain PKCE', { code_challenge: 'a'.repeat(43), code_challenge_method: 'plain' }, 'S256'],
  ])('shows an error page and never redirects for %s', async (_name, changes, code) => {
    const emulator = await start({ autoApprove: true });
    const answer = await ask(authorizeUrl(emulator, changes));
    expect(answer.status).toBe(400);
    expect(answer.headers.get('location')).toBeNull();
    expect(answer.text).toContain(code);
  });

  it('lets a registered redirect URI carry one more parameter', async () => {
    const emulator = await start({ autoApprove: true, clients });
    const statusOf = async (uri: string) =>
      (await ask(authorizeUrl(emulator, { client_id: '300', redirect_uri: uri }))).status;
    expect(await statusOf(registered)).toBe(302);
    expect(await statusOf(`${registered}?attempt=1`)).toBe(302);
    expect(await statusOf(`${registered}?attempt=1&more=2`)).toBe(400);
    expect(await statusOf(`${registered}.evil?attempt=1`)).toBe(400);
  });
});
