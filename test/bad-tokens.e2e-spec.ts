import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  generateKey,
  OAuthConfigurationError,
  type OAuthProvidersOptions,
  OAuthTokens,
  SealError,
  Secret,
  sqliteStore,
  type StoreEngine,
  TokenRefreshService,
  Vault,
} from 'nestjs-oauth-providers';
import { createPlatformEmulator, demoClients, type PlatformEmulator } from 'platform-emulator';
import { Browser } from './support/browser.js';
import { consent } from './support/consent.js';
import { emulatedProviders, testKeys } from './support/plain-app.js';
import { type RoutedApp, startRoutedApp, type TestUser } from './support/routed-app.js';

const second = 1_000;
const life = 7_200 * second;
const minutes = 60 * second;
const provider = 'wps';
const { clientId } = demoClients.wps;
const lookupKey = Buffer.alloc(32, 3).toString('base64');
const subjects = Array.from({ length: 6 }, (_, n) => `good ${n}`);
/** More than are claimed at a time, and due before the others. */
const victims = Array.from({ length: 40 }, (_, n) => `bad ${n}`);

type Store = Awaited<ReturnType<StoreEngine['open']>>;
type Row = NonNullable<Awaited<ReturnType<Store['tokens']['get']>>>;

/** Waits until it is called off: time passes only when a test says so. */
function forever(_ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error));
  });
}

describe('bad rows, keys, clocks and lifetimes', () => {
  let folder: string;
  let emulator: PlatformEmulator;
  let platformTime: number;
  let appTime: number;
  let store: Store;
  let routed: RoutedApp | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bad-tokens-'));
    platformTime = appTime = Date.parse('2026-05-01T08:00:00Z');
    emulator = await createPlatformEmulator({ clock: { now: () => platformTime }, reuseDetection: true });
  });
  afterEach(async () => {
    await stop();
    await emulator.close();
    await rm(folder, { recursive: true });
  });

  async function start(overrides: Partial<OAuthProvidersOptions> = {}): Promise<void> {
    const engine = sqliteStore({ file: join(folder, 'tokens.db') });
    routed = await startRoutedApp(() => emulatedProviders(emulator), {
      clock: { now: () => appTime },
      timers: { monotonic: () => appTime, sleep: forever },
      store: { ...engine, open: async (clock) => (store = await engine.open(clock)) },
      schedule: false,
      lookupKey,
      ...overrides,
    });
  }

  async function stop(): Promise<void> {
    await routed?.app.close();
    routed = undefined;
  }

  const app = (): RoutedApp['app'] => routed!.app;
  const token = async (subject: string, rejected?: string): Promise<string> => {
    const request = rejected === undefined ? {} : { rejected: new Secret(rejected) };
    return (await app().get(OAuthTokens).forUser(provider, subject, request)).accessToken.reveal();
  };
  const sweep = () => app().get(TokenRefreshService).refreshDue();
  const statusOf = (subject: string) => app().get(OAuthTokens).status(provider, { kind: 'user', subject });
  const calls = (): number => emulator.log().filter(({ path }) => path === '/oauth2/token').length;

  async function save(subject: string, dueAt = appTime + life - minutes): Promise<void> {
    const tokens = {
      accessToken: new Secret(`access of ${subject}`),
      refreshToken: new Secret(`refresh of ${subject}`),
      issuedAt: appTime,
      expiresAt: appTime + life,
      scope: [],
    };
    await app().get(Vault).saveLogin({ provider, clientId, subject, tokens, renewsAt: dueAt });
  }

  /** Lets the platform answer the next calls with these bodies. */
  function answer(body: unknown, times = 1): void {
    emulator.addFault({ provider, path: '/oauth2/token', times, fault: { kind: 'json', body } });
  }

  const rowOf = async (subject: string): Promise<Row> => {
    const key = app().get(Vault).hasher.recordKey({ kind: 'user', provider, clientId, subject });
    return (await store.tokens.get(key))!;
  };

  async function signIn(): Promise<string> {
    const { url } = routed!;
    const browser = new Browser({ accept: 'application/json' });
    await browser.visit(await consent(browser, await browser.visit(`${url}/auth/${provider}`)));
    return (JSON.parse((await browser.visit(`${url}/me`)).text) as TestUser).subject;
  }

  const renewal = (name: string, more: object) => ({
    access_token: name,
    refresh_token: `refresh after ${name}`,
    token_type: 'bearer',
    ...more,
  });

  const changed = (bytes: Buffer, at: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
    return copy;
  };
  const damages: readonly (readonly [string, (row: Row, other: Row) => Buffer])[] = [
    ['tampered with', ({ sealed }) => changed(sealed, sealed.length - 20)],
    ['relabelled', ({ sealed }) => changed(sealed, 2)],
    ['swapped with another', (_row, { sealed }) => sealed],
    ['cut short', ({ sealed }) => sealed.subarray(0, sealed.length - 9)],
    ['cut to its head', ({ sealed }) => sealed.subarray(0, 4)],
    ['empty', () => Buffer.alloc(0)],
  ];

  it.each(damages)(
    'a row that is %s: a typed error, the row stays, the others are renewed',
    async (_name, harm) => {
      await start();
      for (const subject of victims) await save(subject, appTime + life - 2 * minutes);
      for (const subject of subjects) await save(subject);
      const other = await rowOf(subjects[0]!);
      const damaged = new Map<string, Buffer>();
      for (const subject of victims) {
        const row = await rowOf(subject);
        damaged.set(subject, harm(row, other));
        await store.tokens.reseal({ ...row, sealed: harm(row, other) });
      }
      appTime += life;
      subjects.forEach((subject) => answer(renewal(`new of ${subject}`, { expires_in: 7200 })));
      expect(await sweep()).toEqual({
        claimed: subjects.length,
        renewed: subjects.length,
        failed: 0,
        broken: victims.length,
      });
      expect(calls()).toBe(subjects.length);
      for (const subject of subjects) expect(await token(subject)).toMatch(/^new of good/);
      await expect(token(victims[0]!)).rejects.toBeInstanceOf(SealError);
      for (const [subject, bytes] of damaged) expect((await rowOf(subject)).sealed).toEqual(bytes);
      await save(victims[0]!);
      expect(await token(victims[0]!)).toBe(`access of ${victims[0]!}`);
    },
  );

  it('a wrong key ring opens nothing and loses nothing; the right one finds all of it', async () => {
    await start();
    for (const subject of subjects) await save(subject, appTime);
    const sealedRows = async () => (await Promise.all(subjects.map(rowOf))).map(({ sealed }) => sealed);
    const before = await sealedRows();
    await stop();
    const other = generateKey('t', { bytes: (size) => randomBytes(size) }).reveal();
    const unknown = generateKey('u', { bytes: (size) => randomBytes(size) }).reveal();
    for (const encryptionKeys of [other, unknown]) {
      await start({ encryptionKeys });
      await expect(token(subjects[0]!)).rejects.toBeInstanceOf(SealError);
      await expect(statusOf(subjects[0]!)).rejects.toBeInstanceOf(SealError);
      expect(await sweep()).toMatchObject({ claimed: 0, broken: subjects.length });
      expect(await sealedRows()).toEqual(before);
      // The leases of rows that do not open are over by then.
      appTime += minutes;
      await stop();
    }
    await start({ encryptionKeys: `${unknown},${testKeys}` });
    expect(calls()).toBe(0);
    for (const subject of subjects) answer(renewal(`new of ${subject}`, { expires_in: 7200 }));
    expect(await sweep()).toMatchObject({ renewed: subjects.length, broken: 0 });
    for (const subject of subjects) expect(await token(subject)).toMatch(/^new of good/);
  });

  it('a wrong lookup key is refused at the start, and the store stays as it was', async () => {
    await start();
    await save('somebody');
    await stop();
    const wrong = Buffer.alloc(32, 4).toString('base64');
    await expect(start({ lookupKey: wrong })).rejects.toBeInstanceOf(OAuthConfigurationError);
    await expect(start({ lookupKey: undefined })).rejects.toThrow('OAUTH_LOOKUP_KEY');
    await start();
    expect(await token('somebody')).toBe('access of somebody');
  });

  it.each([-5, 5])('a clock that is %i minutes off: one renewal, alive at the platform', async (off) => {
    appTime += off * minutes;
    await start();
    const subject = await signIn();
    const first = await token(subject);
    for (const time of [1, 2]) {
      platformTime += life;
      appTime += life;
      const before = emulator.counters().wps.refreshes;
      const served = await Promise.all(Array.from({ length: 50 }, () => token(subject)));
      expect(new Set(served).size).toBe(1);
      expect([served[0] === first, emulator.counters().wps.refreshes - before, time]).toEqual([
        false,
        1,
        time,
      ]);
      expect(await app().get(OAuthTokens).profile(provider, subject)).toHaveProperty('company_id');
    }
    expect(await statusOf(subject)).toMatchObject({ state: 'fresh', expiresAt: appTime + life });
  });

  const lifetimes: readonly (readonly [string, object])[] = [
    ['0', { expires_in: 0 }],
    ['-1', { expires_in: -1 }],
    ['"7200"', { expires_in: '7200' }],
    ['"abc"', { expires_in: 'abc' }],
    ['"NaN"', { expires_in: 'NaN' }],
    ['1e12', { expires_in: 1e12 }],
    ['null', { expires_in: null }],
    ['a list', { expires_in: [7200] }],
    ['missing', {}],
  ];

  it.each(lifetimes)(
    'expires_in %s: the contract’s lifetime, at exchange and at renewal',
    async (_name, more) => {
      await start();
      answer(renewal('exchanged', more));
      emulator.addFault({
        provider,
        path: '/v7/users/current',
        times: 1,
        fault: { kind: 'json', body: { code: 0, data: { id: 'marked', user_name: 'Marked' } } },
      });
      const subject = await signIn();
      expect(subject).toBe('marked');
      expect(await token(subject)).toBe('exchanged');
      expect(await statusOf(subject)).toMatchObject({ state: 'fresh', expiresAt: appTime + life });
      appTime += life;
      answer(renewal('renewed', more));
      expect(await token(subject)).toBe('renewed');
      expect(await statusOf(subject)).toMatchObject({ state: 'fresh', expiresAt: appTime + life });
      expect(await sweep()).toMatchObject({ claimed: 0 });
      expect(calls()).toBe(2);
    },
  );

  it('expires_in NaN is no JSON: the grant is in doubt, the old token is served, nothing is lost', async () => {
    await start();
    await save('somebody', appTime + life - 100 * second);
    appTime += life - 90 * second;
    answer('{"access_token":"torn","refresh_token":"r","expires_in":NaN}');
    expect(await sweep()).toMatchObject({ claimed: 1, failed: 1 });
    expect(await token('somebody')).toBe('access of somebody');
    expect(await statusOf('somebody')).toMatchObject({ state: 'in_doubt', cause: { reason: 'lost_reply' } });
    appTime += 90 * second;
    answer(renewal('whole', { expires_in: 7200 }));
    expect(await token('somebody')).toBe('whole');
    expect(calls()).toBe(2);
  });

  it('a token that lives less than a second is renewed once in a second, and never served dead', async () => {
    await start();
    await save('somebody');
    appTime += life;
    answer(renewal('brief', { expires_in: 0.2 }));
    expect(await token('somebody')).toBe('brief');
    appTime += 300;
    await expect(token('somebody')).rejects.toMatchObject({ errorClass: 'transient' });
    expect(await sweep()).toMatchObject({ claimed: 0 });
    expect(calls()).toBe(1);
    appTime += 700;
    answer(renewal('longer', { expires_in: 7200 }));
    expect(await token('somebody')).toBe('longer');
    expect(calls()).toBe(2);
  });
});
