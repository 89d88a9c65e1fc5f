import { describe, expect, it } from '@jest/globals';
import { Browser, locationOf } from './support/browser.js';
import { OidcServer, signInAt } from './support/oidc-server.js';
import { Site } from './support/site.js';

describe('OIDC_ISSUER in the sample', () => {
  it('adds a button and a sign-in at that server, and keeps its tokens', async () => {
    const server = await OidcServer.start();
    const site = await Site.start({
      OIDC_ISSUER: server.issuer,
      OIDC_CLIENT_ID: 'app',
      OIDC_CLIENT_SECRET: 'a-secret-of-the-sample',
    });
    try {
      await server.serve([
        {
          client_id: 'app',
          client_secret: 'a-secret-of-the-sample',
          redirect_uris: [`${site.url}/auth/oidc/callback`],
          response_types: ['code'],
          grant_types: ['authorization_code'],
        },
      ]);
      const browser = new Browser();
      expect((await browser.visit(site.url)).text).toContain('/auth/oidc');
      const begun = await browser.visit(`${site.url}/auth/oidc?returnTo=/here`);
      const { url } = await signInAt(browser, locationOf(begun));
      expect(locationOf(await browser.visit(url))).toBe(`${site.url}/here`);
      expect(await site.me(browser)).toMatchObject({
        provider: 'oidc',
        subject: 'alice',
        displayName: 'Name of alice',
      });
      expect(JSON.parse((await browser.visit(`${site.url}/api/tokens`)).text)).toMatchObject({
        tokens: [{ provider: 'oidc', state: 'fresh' }],
      });
    } finally {
      await site.stop();
      await server.close();
    }
  });
});
