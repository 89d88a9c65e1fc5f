import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Controller, Get, type INestApplication, Module, Req } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { type Request } from 'express';
import session from 'express-session';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  memoryStore,
  OAuthProvidersModule,
  OAuthTokens,
  sqliteStore,
  type StoreEngine,
  TokenRefreshService,
  Vault,
} from 'nestjs-oauth-providers';
import passport from 'passport';
import { createPlatformEmulator, demoClients, type PlatformEmulator } from 'platform-emulator';
import { SealedSessionStore } from '../apps/sample/src/session/sealed-session-store.js';
import { Browser } from './support/browser.js';
import { consent } from './support/consent.js';
import { type Counts, Meter, statementsOf } from './support/meter.js';
import { collectingLogger, emulatedProviders, freePort, testKeys } from './support/plain-app.js';

// What a login, a token and a sweep cost, in calls and never in time: the numbers as they are, so that one that
// grows is noticed. Where one could be smaller, it is said.

@Controller()
class MeController {
  @Get('me')
  me(@Req() request: Request): unknown {
    return request.user ?? {};
  }

  @Get('change')
  change(@Req() { session: present }: Request): void {
    Object.assign(present, { theme: 'dark' });
  }
}

describe('what things cost', () => {
  const meter = new Meter();
  let emulator: PlatformEmulator;
  let folder: string;
  let app: INestApplication | undefined;
  let url: string;
  let browser: Browser;

  beforeEach(async () => {
    emulator = await createPlatformEmulator();
    folder = await mkdtemp(join(tmpdir(), 'costs-'));
    browser = new Browser();
  });
  afterEach(async () => {
    await app?.close();
    app = undefined;
    await emulator.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function start(store: StoreEngine, providers = emulatedProviders(emulator)): Promise<void> {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;

    @Module({
      imports: [
        ScheduleModule.forRoot(),
        OAuthProvidersModule.forRoot({
          publicUrl: url,
          encryptionKeys: testKeys,
          store: meter.engine(store),
          providers,
          routes: true,
          schedule: false,
          resolveUser: ({ provider, subject }) => ({ provider, subject }),
        }),
      ],
      controllers: [MeController],
    })
    class CostsModule {}

    passport.serializeUser((user, done) => done(null, user));
    passport.deserializeUser((user: Express.User, done) => done(null, user));
    const logger = collectingLogger([]);
    const made = await NestFactory.create(CostsModule, { logger, abortOnError: false });
    const sessions = new SealedSessionStore(made.get(Vault).sessions, 3_600_000);
    made.use(
      session({ secret: 'test', resave: false, saveUninitialized: false, rolling: true, store: sessions }),
    );
    made.use(passport.session());
    await made.listen(port, '127.0.0.1');
    app = made;
  }

  const platformCalls = (): string[] => emulator.log().map(({ path }) => path);

  /** Signs in up to the callback, and gives what the callback costs, and whom the platform was asked. */
  async function login(provider: string): Promise<{ store: Counts; calls: string[] }> {
    const back = await consent(browser, await browser.visit(`${url}/auth/${provider}`));
    const before = platformCalls().length;
    const store = await meter.of(() => browser.visit(back));
    return { store, calls: platformCalls().slice(before) };
  }

  async function whoIsIt(): Promise<string> {
    const { text } = await browser.visit(`${url}/me`);
    return (JSON.parse(text) as { subject: string }).subject;
  }

  /** Gives so many records of WPS users that are due, and that the emulator renews. */
  async function due(count: number): Promise<void> {
    const now = Date.now();
    const vault = app!.get<Vault>(Vault);
    for (let i = 0; i < count; i += 1) {
      await browser.jar.removeAllCookies();
      await login('wps');
      const identity = { provider: 'wps', clientId: demoClients.wps.clientId, subject: await whoIsIt() };
      const record = await vault.load({ ...identity, kind: 'user' });
      const tokens = { ...record!.tokens, issuedAt: now - 3_600_000 };
      await vault.remove({ ...identity, kind: 'user' });
      // The platform renews a grant whoever it is stored for; one user stands for many.
      await vault.saveLogin({ ...identity, subject: `${identity.subject}-${i}`, tokens, renewsAt: now - 1 });
    }
  }

  describe('a login', () => {
    it('leaves nothing in the store at its start, whoever comes by', async () => {
      await start(memoryStore());
      expect(await meter.of(() => browser.visit(`${url}/auth/wps`))).toEqual({});
      expect(await meter.of(() => browser.visit(`${url}/me`))).toEqual({});
    });

    it('calls the platform for the tokens and for the user, and for its keys once', async () => {
      await start(memoryStore());
      expect((await login('wps')).calls).toEqual(['/oauth2/token', '/v7/users/current']);
      expect((await login('wps')).calls).toEqual(['/oauth2/token', '/v7/users/current']);
      // With an id_token the keys come once; the user info is still asked for, because it has the name.
      expect((await login('huawei')).calls).toEqual(['/oauth2/v3/token', '/oauth2/v3/certs', '/rest.php']);
      expect((await login('huawei')).calls).toEqual(['/oauth2/v3/token', '/rest.php']);
    });

    it('spends the attempt, saves the tokens and begins a session', async () => {
      await start(memoryStore());
      const { store } = await login('wps');
      expect(store).toEqual({
        // Both are the minimum: the one is asked for by one use, the other is what a login is for.
        'marks.spendOnce': 1,
        'tokens.replace': 1,
        // To be gained: express-session drops the old id although nothing was ever stored under it, and Passport
        // saves the new session before express-session saves it once more. One write would do.
        'blobs.delete': 1,
        'blobs.put': 2,
      });
    });

    it('is five commits of SQLite', async () => {
      await measured(async () => {
        await start(sqliteStore({ file: join(folder, 'tokens.db') }));
        const { store } = await login('wps');
        expect(statementsOf(store)).toEqual({
          // One after the other, because each has to be on the disk before the next may happen; the three of the
          // session could be one.
          'SQL BEGIN': 5,
          'SQL COMMIT': 5,
          'SQL INSERT mark': 1,
          // Expired marks go with the first new one of a process and every sixteenth, so that nothing else has to sweep.
          'SQL DELETE mark': 1,
          'SQL INSERT token': 1,
          'SQL DELETE blob': 1,
          'SQL INSERT blob': 2,
        });
      });
    });
  });

  describe('a token', () => {
    it.each([
      ['memory', () => memoryStore(), {}],
      // The record and everything about it come in one row.
      ['sqlite', () => sqliteStore({ file: join(folder, 'tokens.db') }), { 'SQL SELECT token': 1 }],
    ])('is read once (%s), and then comes out of the cache', async (_name, engine, statements) => {
      await measured(async () => {
        await start(engine());
        await login('wps');
        const subject = await whoIsIt();
        const ask = (): Promise<unknown> => app!.get<OAuthTokens>(OAuthTokens).forUser('wps', subject);
        expect(await meter.of(ask)).toEqual({ 'tokens.get': 1, ...statements });
        expect(await meter.of(ask)).toEqual({});
      });
    });
  });

  describe('a session', () => {
    it('is written when something changes, and its end is moved once a minute at most', async () => {
      await start(memoryStore());
      await login('wps');
      const visit = (path: string): Promise<Counts> => meter.of(() => browser.visit(`${url}${path}`));
      expect(await visit('/me')).toEqual({ 'blobs.get': 1, 'blobs.touch': 1 });
      expect(await visit('/me')).toEqual({ 'blobs.get': 1 });
      expect(await visit('/change')).toEqual({ 'blobs.get': 1, 'blobs.put': 1 });
      expect(await visit('/change')).toEqual({ 'blobs.get': 1 });
    });
  });

  describe('a sweep', () => {
    const sweep = (): Promise<Counts> =>
      meter.of(() => app!.get<TokenRefreshService>(TokenRefreshService).refreshDue());

    it('asks and saves once per renewal, and claims and marks them together', async () => {
      await start(memoryStore());
      await due(8);
      const before = platformCalls().length;
      expect(await sweep()).toEqual({
        // Each provider has a cool-down and a lane of its own.
        'coolDowns.get': 4,
        // A claim that brought less than it could has said that there is no more. It marks what it takes, where the
        // refresh token works once: a crash between the call and the save must be seen.
        'tokens.claimDue': 4,
        'tokens.saveIf': 8,
      });
      expect(platformCalls().slice(before)).toEqual(Array.from({ length: 8 }, () => '/oauth2/token'));
    });

    it('is two reads of the store for a provider that has nothing due', async () => {
      await start(memoryStore());
      // To be gained: one claim could look into all lanes at once.
      expect(await sweep()).toEqual({ 'coolDowns.get': 4, 'tokens.claimDue': 4 });
    });

    it('is two commits of SQLite for one renewal, and one where nothing is due', async () => {
      await measured(async () => {
        await start(sqliteStore({ file: join(folder, 'tokens.db') }));
        expect(statementsOf(await sweep())).toEqual({
          'SQL SELECT cool_down': 4,
          'SQL BEGIN': 1,
          'SQL SELECT token': 4,
          'SQL COMMIT': 1,
        });
        await due(1);
        const { 'SQL SELECT cool_down': asked = 0, ...statements } = statementsOf(await sweep());
        // A cool-down is believed for a second.
        expect([0, 4]).toContain(asked);
        expect(statements).toEqual({
          // The claim, which marks; the save. The call lies between them.
          'SQL BEGIN': 2,
          'SQL COMMIT': 2,
          // Four claims look; the one that finds something takes it; one save.
          'SQL SELECT token': 4,
          'SQL UPDATE token': 2,
        });
      });
    });
  });

  /** Counts the statements of SQLite, too. */
  async function measured(work: () => Promise<void>): Promise<void> {
    const stop = meter.sqlite();
    try {
      await work();
    } finally {
      stop();
    }
  }
});
