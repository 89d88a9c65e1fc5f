import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type INestApplicationContext, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { huawei, memoryStore, OAuthProvidersModule, OAuthTokens, Vault, wps } from 'nestjs-oauth-providers';
import { createPlatformEmulator, demoClients, type PlatformEmulator } from 'platform-emulator';
import { collectingLogger, testKeys } from './support/plain-app.js';

describe('OAuthTokens', () => {
  let emulator: PlatformEmulator;
  let context: INestApplicationContext;
  let tokens: OAuthTokens;
  /** What the platform has pushed to the app last; only the latest counts. */
  let pushed = '';
  const isv = { clientId: 'AK-ISV', clientSecret: 'secret-of-the-isv' };

  beforeEach(async () => {
    emulator = await createPlatformEmulator({ clients: { wps: [{ ...isv, isv: true }] } });
    const baseUrl = emulator.url;

    @Module({
      imports: [
        OAuthProvidersModule.forRoot({
          publicUrl: 'https://app.example.com',
          encryptionKeys: testKeys,
          store: memoryStore(),
          schedule: false,
          providers: [
            wps({ ...isv, baseUrl, appTicket: () => pushed }),
            huawei({ ...demoClients.huawei, baseUrl }),
          ],
          resolveUser: () => ({}),
        }),
      ],
    })
    class ContextModule {}

    context = await NestFactory.createApplicationContext(ContextModule, { logger: collectingLogger([]) });
    tokens = context.get(OAuthTokens);
  });
  afterEach(async () => {
    await context.close();
    await emulator.close();
  });

  it('has a token of its own for each tenant of an app that is sold to others', async () => {
    const { accessToken: app } = await tokens.forApp('wps');
    // The platform pushes tickets once the app has asked for them.
    const activate = await fetch(`${emulator.url}/oauth2/ticket/active`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.reveal()}` },
    });
    expect(activate.status).toBe(200);
    pushed = emulator.pushAppTicket(isv.clientId);
    const [one, same, other] = await Promise.all([
      tokens.forApp('wps', { tenant: 'company-1' }),
      tokens.forApp('wps', { tenant: 'company-1' }),
      tokens.forApp('wps', { tenant: 'company-2' }),
    ]);
    expect(one.accessToken.reveal()).toBe(same.accessToken.reveal());
    expect(new Set([app, one.accessToken, other.accessToken].map((token) => token.reveal())).size).toBe(3);
  });

  it('asks the platform about a token: what it says, or false', async () => {
    await tokens.forApp('huawei');
    expect(await tokens.introspect('huawei', { kind: 'app' })).toMatchObject({ active: true });
    emulator.revoke('huawei', { what: 'app' });
    expect(await tokens.introspect('huawei', { kind: 'app' })).toBe(false);
  });

  it('keeps a revoked grant revoked, whatever is being renewed meanwhile, until the next login', async () => {
    const vault = context.get(Vault);
    const { clientId } = demoClients.huawei;
    const user = { kind: 'user', provider: 'huawei', clientId, subject: 'u1' } as const;
    const now = vault.clock.now();
    const { accessToken } = await tokens.forApp('huawei');
    const login = { provider: 'huawei', clientId, subject: 'u1' };
    await vault.saveLogin({
      ...login,
      tokens: { accessToken, refreshToken: accessToken, expiresAt: now + 1e6, scope: [] },
    });
    const late = await vault.load(user);
    await expect(tokens.revoke('huawei', 'u1')).rejects.toThrow();
    expect(await tokens.list(login)).toMatchObject([{ state: 'revoked', renewsAt: null }]);
    if (late === undefined) throw new Error('there was no record');
    const renewal = vault.prepareRenewal(late, { ...late.tokens, expiresAt: now + 2e6 });
    expect(await vault.saveRenewal(renewal)).toMatchObject({ saved: false, current: { state: 'revoked' } });
    await expect(tokens.forUser('huawei', 'u1')).rejects.toMatchObject({ errorClass: 'invalid_grant' });
    await vault.saveLogin({ ...login, tokens: { accessToken, expiresAt: now + 1e6, scope: [] } });
    expect(await tokens.list(login)).toMatchObject([{ state: 'fresh' }]);
  });
});
