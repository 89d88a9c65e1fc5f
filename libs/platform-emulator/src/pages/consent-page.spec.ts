import { describe, expect, it } from '@jest/globals';
import { demoClients } from '../demo-clients.js';
import { demoUsers } from '../core/users.js';
import { type PlatformEmulator } from '../emulator.js';
import { ask, postForm, start } from '../testing/harness.js';

const pages = {
  wps: (emulator: PlatformEmulator, more = {}) =>
    `${emulator.url}/oauth2/auth?${query(demoClients.wps.clientId, 'kso.user_base.read', more)}`,
  huawei: (emulator: PlatformEmulator, more = {}) =>
    `${emulator.url}/oauth2/v3/authorize?${query(demoClients.huawei.clientId, 'openid', more)}`,
};

function query(client_id: string, scope: string, more: Record<string, string>): string {
  const redirect_uri = 'http://127.0.0.1:3000/cb';
  return new URLSearchParams({ client_id, scope, response_type: 'code', redirect_uri, ...more }).toString();
}

describe.each(['wps', 'huawei'] as const)('consent page of %s', (provider) => {
  it('offers every user, with names escaped', async () => {
    const emulator = await start();
    const { status, text } = await ask(pages[provider](emulator, { state: '"><script>1</script>' }));
    expect(status).toBe(200);
    expect(text.match(/type="radio"/g)).toHaveLength(demoUsers.length);
    expect(text).not.toContain('<script');
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &quot;Mallory&quot; &amp; &#39;Co&#39;');
    for (const label of ['张伟', 'Alice Müller', '同意 / Approve', '拒绝 / Deny'])
      expect(text).toContain(label);
    expect(text).toMatch(/<form method="post" action="\/oauth2\//);
  });

  it('has a policy without inline scripts or styles, and nothing inline', async () => {
    const emulator = await start();
    const { headers, text } = await ask(pages[provider](emulator));
    const policy = headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe-inline');
    expect(policy).toContain("frame-ancestors 'none'");
    expect(text).not.toMatch(/ style=|<style| on\w+=/);
    const sheet = await ask(emulator.url + /href="([^"]+\.css)"/.exec(text)![1]!);
    expect(sheet.headers.get('content-type')).toContain('text/css');
    expect(sheet.text).toContain('prefers-color-scheme: dark');
  });

  it('shows pictures that are SVG and harmless, and none for users without one', async () => {
    const emulator = await start();
    const { text } = await ask(pages[provider](emulator));
    const sources = [...text.matchAll(/<img src="([^"]+)"/g)].map((match) => match[1]!);
    expect(sources).toHaveLength(demoUsers.filter((user) => user.hasAvatar).length);
    for (const source of sources) {
      const picture = await ask(emulator.url + source);
      expect(picture.headers.get('content-type')).toBe('image/svg+xml');
      expect(picture.text).not.toContain('<script');
    }
    expect((await ask(`${emulator.url}/__emulator/avatars/${provider}/alice.svg`)).status).toBe(404);
  });

  it('refuses a form without a decision or with an unknown user', async () => {
    const emulator = await start();
    const url = pages[provider](emulator);
    for (const form of [{}, { decision: 'maybe' }, { decision: 'approve', user: 'nobody' }]) {
      const answer = await postForm(url, form);
      expect(answer.status).toBe(400);
      expect(answer.headers.has('location')).toBe(false);
    }
  });

  it('escapes what an error page repeats', async () => {
    const emulator = await start();
    const { text } = await ask(pages[provider](emulator, { client_id: '<script>' }));
    expect(text).not.toContain('<script');
  });
});
