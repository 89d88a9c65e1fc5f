import { afterEach, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import {
  memoryStore,
  OAuthProvidersModule,
  type StoreEngine,
  TokenRefreshService,
} from 'nestjs-oauth-providers';
import { createPlatformEmulator } from 'platform-emulator';
import { Browser } from './support/browser.js';
import { collectingLogger, emulatedProviders, testKeys } from './support/plain-app.js';
import { Site } from './support/site.js';
import { until } from './support/until.js';

describe('TokenRefreshService', () => {
  let site: Site | undefined;
  afterEach(async () => {
    await site?.stop();
    site = undefined;
  });

  it('renews tokens by itself before they end, and stops with the application', async () => {
    const short = { lifetimes: { accessToken: 4 }, reuseDetection: true };
    site = await Site.start({ REFRESH_TICK_MS: '50' }, short);
    const browser = new Browser();
    await site.signIn(browser, 'wps');
    const { emulator } = site;
    await until(() => emulator.counters().wps.refreshes >= 2);
    expect((await browser.visit(`${site.url}/api/providers/wps/profile`)).status).toBe(200);
    expect(emulator.counters().wps.reuse).toBe(0);
    await site.app.close();
    const { refreshes } = emulator.counters().wps;
    expect(refreshes).toBeGreaterThanOrEqual(2);
  });

  async function contextWith(
    schedule: boolean | undefined,
    withScheduler: boolean,
    store: StoreEngine = memoryStore(),
  ): Promise<string[]> {
    const emulator = await createPlatformEmulator();
    const logged: string[] = [];

    @Module({
      imports: [
        ...(withScheduler ? [ScheduleModule.forRoot()] : []),
        OAuthProvidersModule.forRoot({
          publicUrl: 'https://app.example.com',
          encryptionKeys: testKeys,
          store,
          providers: emulatedProviders(emulator),
          resolveUser: () => ({}),
          ...(schedule === undefined ? {} : { schedule }),
        }),
      ],
    })
    class ContextModule {}

    const context = await NestFactory.createApplicationContext(ContextModule, {
      logger: collectingLogger(logged),
      abortOnError: false,
    });
    const service = context.get(TokenRefreshService);
    expect(await service.refreshDue()).toEqual({ claimed: 0, renewed: 0, failed: 0, broken: 0 });
    expect((await service.backlog()).map(({ provider, due }) => [provider, due])).toEqual([
      ['wps', 0],
      ['huawei', 0],
      ['anyweb', 0],
      ['yuanzhibang', 0],
    ]);
    await context.close();
    await emulator.close();
    return logged;
  }

  it('works without an HTTP server, and says clearly when the scheduler is missing', async () => {
    expect(await contextWith(undefined, true)).toEqual([]);
    expect((await contextWith(undefined, false)).join()).toContain('ScheduleModule.forRoot()');
    expect(await contextWith(false, false)).toEqual([]);
  });

  it.each([
    ['it renews by itself', undefined, true],
    ['somebody else keeps the time', false, false],
  ])(
    'tells the risks of the store once, each as a warning, when %s',
    async (_how, schedule, withScheduler) => {
      const sound = memoryStore();
      const health = () => Promise.resolve({ up: true, risks: ['one.', 'two.'] });
      const risky: StoreEngine = {
        ...sound,
        open: async (clock) => ({ ...(await sound.open(clock)), health }),
      };
      expect(await contextWith(schedule, withScheduler, risky)).toEqual([
        'one. TokenRefreshService',
        'two. TokenRefreshService',
      ]);
    },
  );
});
