import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import passport from 'passport';
import { createPlatformEmulator, type PlatformEmulator } from 'platform-emulator';
import { Browser } from './support/browser.js';
import { consent } from './support/consent.js';
import { type PlainApp, startPlainApp } from './support/plain-app.js';

describe('plain AuthGuard with empty handlers', () => {
  let emulator: PlatformEmulator;
  let plain: PlainApp;

  beforeAll(async () => {
    emulator = await createPlatformEmulator();
    plain = await startPlainApp(emulator);
  });

  afterAll(async () => {
    await plain.app.close();
    await emulator.close();
  });

  beforeEach(() => emulator.reset());

  it('settles the redirect leg: one 302, interceptors finish, nothing is logged', async () => {
    const before = plain.traces.finished;
    const start = await new Browser().visit(`${plain.url}/auth/wps`);
    expect(start.status).toBe(302);
    expect(start.headers.get('location')).toContain(`${emulator.url}/oauth2/auth?`);
    expect(start.headers.get('cache-control')).toBe('no-store');
    expect(plain.traces.finished).toBe(before + 1);
    expect(plain.traces.logged).toEqual([]);
  });

  it.each(['wps', 'huawei'])('signs in with %s', async (provider) => {
    const browser = new Browser();
    const back = await consent(browser, await browser.visit(`${plain.url}/auth/${provider}`));
    const done = await browser.visit(back);
    expect(done.status).toBe(200);
    const user = JSON.parse(done.text) as { provider: string; subject: string; displayName: string };
    expect(user.provider).toBe(provider);
    expect(user.subject).not.toBe('');
    expect(user.displayName).not.toBe('');
  });

  it('shows the relay page for a callback with neither code nor error', async () => {
    const page = await new Browser().visit(`${plain.url}/auth/huawei/callback`);
    expect(page.status).toBe(200);
    expect(page.text).toContain('/_oauth/relay.js');
    expect(page.headers.get('content-security-policy')).not.toContain('unsafe-inline');
    const script = await new Browser().visit(`${plain.url}/_oauth/relay.js`);
    expect(script.text).toContain('location.replace');
  });

  it('shows the handoff page for a provider without redirect', async () => {
    const page = await new Browser().visit(`${plain.url}/auth/anyweb`);
    expect(page.status).toBe(200);
    expect(page.text).toContain('/_oauth/handoff.js');
  });

  it('keeps two applications with the same provider names apart, and lets go of both', async () => {
    const other = await startPlainApp(emulator);
    for (const { url, traces } of [plain, other]) {
      const browser = new Browser();
      const before = traces.logins.length;
      const back = await consent(browser, await browser.visit(`${url}/auth/wps`));
      expect(back).toContain(`${url}/auth/wps/callback`);
      expect((await browser.visit(back)).status).toBe(200);
      expect(traces.logins).toHaveLength(before + 1);
    }
    await other.app.close();
    const browser = new Browser();
    const back = await consent(browser, await browser.visit(`${plain.url}/auth/wps`));
    expect((await browser.visit(back)).status).toBe(200);
  });

  it('removes its strategies with the last application', async () => {
    const emulated = await createPlatformEmulator();
    const strategies = (): string[] =>
      Object.keys((passport as unknown as { _strategies: Record<string, unknown> })._strategies);
    await plain.app.close();
    expect(strategies()).toEqual(['session']);
    plain = await startPlainApp(emulator);
    expect(strategies()).toContain('wps');
    await emulated.close();
  });
});
