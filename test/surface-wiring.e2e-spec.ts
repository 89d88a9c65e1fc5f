import { afterEach, beforeAll, afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createPlatformEmulator,
  demoClients,
  type PlatformEmulator,
  type ProviderName,
} from 'platform-emulator';
import { Browser, locationOf } from './support/browser.js';
import { OidcServer, signInAt } from './support/oidc-server.js';
import { consent } from './support/consent.js';
import { exchangePaths, Site } from './support/site.js';

const redirects = ['huawei', 'wps'] as const;
const handoffs = ['anyweb', 'yuanzhibang'] as const;
const variables: Readonly<Record<ProviderName, readonly [string, string]>> = {
  huawei: ['HUAWEI_CLIENT_ID', 'HUAWEI_CLIENT_SECRET'],
  wps: ['WPS_CLIENT_ID', 'WPS_CLIENT_SECRET'],
  anyweb: ['ANYWEB_APP_ID', 'ANYWEB_SECRET'],
  yuanzhibang: ['YUANZHIBANG_APP_ID', 'YUANZHIBANG_SECRET'],
};
const own: Readonly<Record<ProviderName, { clientId: string; clientSecret: string }>> = {
  huawei: { clientId: '777', clientSecret: 'own-secret-of-huawei' },
  wps: { clientId: 'AK777', clientSecret: 'own-secret-of-wps' },
  anyweb: { clientId: '77777777-0000-4000-8000-000000000001', clientSecret: 'own-secret-of-anyweb' },
  yuanzhibang: { clientId: '100777', clientSecret: 'own-secret-of-yuanzhibang' },
};
const everyone = [...redirects, ...handoffs];

const baseUrls = (url: string): Record<string, string> =>
  Object.fromEntries(everyone.map((name) => [`${name.toUpperCase()}_BASE_URL`, url]));

describe('where a platform is', () => {
  let elsewhere: PlatformEmulator;
  let site: Site | undefined;

  beforeAll(async () => {
    elsewhere = await createPlatformEmulator({
      clients: Object.fromEntries(everyone.map((name) => [name, [own[name]]])),
    });
  });
  afterAll(() => elsewhere.close());
  beforeEach(() => elsewhere.reset());
  afterEach(() => site?.stop());

  async function signIn(at: Site, provider: ProviderName, clientId: string): Promise<void> {
    const browser = new Browser();
    if (provider === 'huawei' || provider === 'wps') {
      const start = await browser.visit(`${at.url}/auth/${provider}`);
      const authorize = new URL(locationOf(start));
      expect(authorize.origin).toBe(elsewhere.url);
      expect(authorize.searchParams.get('client_id')).toBe(clientId);
      expect((await browser.visit(await consent(browser, start))).status).toBe(302);
    } else {
      const page = await browser.visit(`${at.url}/auth/${provider}`);
      expect(page.text).toContain(`${elsewhere.url}/__emulator/sdk/${provider}.js`);
      expect(page.text).toContain(clientId);
      const { state } = await at.handoffOf(browser, provider);
      const code = elsewhere.issueCode(provider, { clientId });
      expect((await at.handIn(browser, provider, { code, state })).status).toBe(200);
    }
    expect(await at.me(browser)).toMatchObject({ provider });
  }

  it.each([
    ['the demo client when no credentials are set', false],
    ['the credentials that are set', true],
  ])('is its base URL, for every endpoint of it, with %s', async (_what, withOwn) => {
    const credentials = everyone.flatMap((name) => {
      const [id, secret] = variables[name];
      return [[id, own[name].clientId] as const, [secret, own[name].clientSecret] as const];
    });
    const settings = withOwn ? Object.fromEntries(credentials) : {};
    site = await Site.start({ ...baseUrls(elsewhere.url), ...settings });
    for (const name of everyone) await signIn(site, name, (withOwn ? own : demoClients)[name].clientId);
    expect(site.emulator.log()).toEqual([]);
    const asked = new Set(elsewhere.log().map(({ path }) => path));
    expect([...asked]).toEqual(expect.arrayContaining(Object.values(exchangePaths)));
    // The certificates of the id_token moved with the rest; the issuer they vouch for did not.
    expect([...asked]).toContain('/oauth2/v3/certs');
    expect(elsewhere.log().every(({ status }) => status !== null && status < 400)).toBe(true);
  });

  it('is the real platform when only credentials are set', async () => {
    const credentials = everyone.flatMap((name) =>
      variables[name].map((variable) => [variable, '1'] as const),
    );
    site = await Site.start(Object.fromEntries(credentials));
    const origins = { huawei: 'https://oauth-login.cloud.huawei.com', wps: 'https://openapi.wps.cn' };
    for (const name of redirects) {
      const start = await new Browser().visit(`${site.url}/auth/${name}`);
      expect(new URL(locationOf(start)).origin).toBe(origins[name]);
    }
    expect((await new Browser().visit(site.url)).text).not.toContain('class="badge"');
    expect(site.emulator.log()).toEqual([]);
  });

  it('is the emulator otherwise, each for itself', async () => {
    site = await Site.start({ WPS_CLIENT_ID: 'AK1', WPS_CLIENT_SECRET: 'secret' });
    const { emulator, url } = site;
    const at = async (name: string) =>
      new URL(locationOf(await new Browser().visit(`${url}/auth/${name}`))).origin;
    expect(await at('wps')).toBe('https://openapi.wps.cn');
    expect(await at('huawei')).toBe(emulator.url);
    expect((await new Browser().visit(url)).text.match(/class="badge"/g)).toHaveLength(3);
  });
});

describe('scopes', () => {
  it.each([
    [{}, 'openid profile', 'kso.user_base.read', ['baseInfo']],
    [
      { HUAWEI_SCOPE: 'openid,email', WPS_SCOPE: 'kso.a  kso.b', ANYWEB_SCOPE: 'baseInfo, identity' },
      'openid email',
      'kso.a,kso.b',
      ['baseInfo', 'identity'],
    ],
  ])('of %j go to each platform in its own form', async (settings, huawei, wps, anyweb) => {
    const site = await Site.start(settings);
    try {
      const scopeAt = async (name: string): Promise<string | null> =>
        new URL(locationOf(await new Browser().visit(`${site.url}/auth/${name}`))).searchParams.get('scope');
      expect([await scopeAt('huawei'), await scopeAt('wps')]).toEqual([huawei, wps]);
      const page = await new Browser().visit(`${site.url}/auth/anyweb`);
      const config = /data-config="([^"]*)"/.exec(page.text)?.[1]?.replaceAll('&quot;', '"') ?? '{}';
      expect(JSON.parse(config)).toMatchObject({ scope: anyweb });
    } finally {
      await site.stop();
    }
  });
});

describe('a server that describes itself', () => {
  it('is the provider oidc, whose subject is its sub', async () => {
    const server = await OidcServer.start();
    const site = await Site.start({
      OIDC_ISSUER: server.issuer,
      OIDC_CLIENT_ID: 'sample',
      OIDC_CLIENT_SECRET: 'a secret of the client',
    });
    try {
      const client = { client_id: 'sample', client_secret: 'a secret of the client' };
      await server.serve([{ ...client, redirect_uris: [`${site.url}/auth/oidc/callback`] }]);
      expect(server.asked).toEqual([]);
      const browser = new Browser();
      const start = await browser.visit(`${site.url}/auth/oidc?returnTo=/there`);
      const { url } = await signInAt(browser, locationOf(start), 'alice');
      expect(locationOf(await browser.visit(url))).toBe(`${site.url}/there`);
      expect(await site.me(browser)).toEqual({
        provider: 'oidc',
        subject: 'alice',
        displayName: 'Name of alice',
        avatarUrl: 'https://example.com/a.png',
      });
    } finally {
      await site.stop();
      await server.close();
    }
  });

  it('is not there unless it is named', async () => {
    const site = await Site.start();
    expect((await new Browser().visit(`${site.url}/auth/oidc`)).status).toBe(404);
    await site.stop();
  });
});

describe('an identity', () => {
  it('is of one client: the same subject at another client of the platform is somebody else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'identity-'));
    const clients = [demoClients.anyweb, own.anyweb];
    const emulator = await createPlatformEmulator({ clients: { anyweb: [own.anyweb] } });
    try {
      const found: { subject: string; linkedAt: string }[] = [];
      for (const { clientId, clientSecret } of [...clients, demoClients.anyweb]) {
        const site = await Site.start({
          ANYWEB_BASE_URL: emulator.url,
          ANYWEB_APP_ID: clientId,
          ANYWEB_SECRET: clientSecret,
          OAUTH_STORE: 'sqlite',
          DATA_DIR: folder,
        });
        const browser = new Browser();
        const { state } = await site.handoffOf(browser, 'anyweb');
        const code = emulator.issueCode('anyweb', { user: 'alice', clientId });
        expect((await site.handIn(browser, 'anyweb', { code, state })).status).toBe(200);
        const { accounts } = JSON.parse((await browser.visit(`${site.url}/api/me`)).text) as {
          accounts: { subject: string; linkedAt: string }[];
        };
        found.push(...accounts);
        await site.stop();
      }
      const [first, second, again] = found;
      expect(second?.subject).toBe(first?.subject);
      expect(second?.linkedAt).not.toBe(first?.linkedAt);
      expect(again).toEqual(first);
    } finally {
      await emulator.close();
      await rm(folder, { recursive: true });
    }
  });
});
