import { afterEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type LiveToken,
  memoryStore,
  OAuthTokens,
  Secret,
  sqliteStore,
  type StoreEngine,
  type TokenEvent,
  type TokenTarget,
} from 'nestjs-oauth-providers';
import { type CountedOperation, createPlatformEmulator, type PlatformEmulator } from 'platform-emulator';
import { Browser } from './support/browser.js';
import { consent } from './support/consent.js';
import { emulatedProviders } from './support/plain-app.js';
import { type RoutedApp, startRoutedApp, type TestUser } from './support/routed-app.js';

const callers = 1_000;
const rounds = 20;
const latencyMs = 30;

const providers = ['wps', 'huawei', 'anyweb', 'yuanzhibang'] as const;
type Provider = (typeof providers)[number];
type Ask = (rejected?: Secret) => Promise<LiveToken>;

/** An application in front of platforms that punish a refresh token which comes back; both share one clock. */
class World {
  readonly events: TokenEvent[] = [];
  private now = Date.parse('2026-05-01T08:00:00Z');
  private readonly closing: (() => Promise<unknown>)[] = [];
  emulator!: PlatformEmulator;
  private routed!: RoutedApp;

  static async start(storeAt: (folder: string) => StoreEngine): Promise<World> {
    const world = new World();
    const folder = await mkdtemp(join(tmpdir(), 'stampede-'));
    world.closing.unshift(() => rm(folder, { recursive: true, force: true }));
    const clock = { now: () => world.now };
    const emulator = await createPlatformEmulator({ clock, reuseDetection: true, latencyMs });
    world.closing.unshift(() => emulator.close());
    world.emulator = emulator;
    world.routed = await startRoutedApp(() => emulatedProviders(emulator), {
      clock,
      store: storeAt(folder),
      schedule: false,
      onTokenEvent: (event) => world.events.push(event),
    });
    world.closing.unshift(() => world.routed.app.close());
    return world;
  }

  async stop(): Promise<void> {
    for (const close of this.closing) await close();
  }

  get tokens(): OAuthTokens {
    return this.routed.app.get(OAuthTokens);
  }

  /** Signs somebody in and gives the subject. */
  async signIn(provider: Provider): Promise<string> {
    const { url } = this.routed;
    const browser = new Browser({ accept: 'application/json' });
    if (provider === 'wps' || provider === 'huawei') {
      await browser.visit(await consent(browser, await browser.visit(`${url}/auth/${provider}`)));
    } else {
      const begun = await browser.visit(`${url}/auth/${provider}/attempts`, { json: {} });
      const { state } = JSON.parse(begun.text) as { state: string };
      const code = this.emulator.issueCode(provider, provider === 'anyweb' ? { generation: 'G3' } : {});
      await browser.visit(`${url}/auth/${provider}/callback`, { json: { code, state } });
    }
    const { subject } = JSON.parse((await browser.visit(`${url}/me`)).text) as TestUser;
    return subject;
  }

  async statusOf(provider: Provider, target: TokenTarget): ReturnType<OAuthTokens['status']> {
    return this.tokens.status(provider, target);
  }

  /** Goes to the very moment at which a token dies. */
  async expire(provider: Provider, target: TokenTarget): Promise<void> {
    const status = await this.statusOf(provider, target);
    this.now = status?.expiresAt ?? NaN;
  }

  /** Takes time back a little; nothing but the clock knows. */
  back(ms: number): void {
    this.now -= ms;
  }

  /** What the platform has carried out meanwhile, without what it has not. */
  async callsOf<T>(
    provider: Provider,
    work: () => Promise<T>,
  ): Promise<{ result: T; calls: Partial<Record<CountedOperation, number>>; requests: number }> {
    const before = this.emulator.counters()[provider];
    const logged = this.emulator.log().length;
    const result = await work();
    const after = Object.entries(this.emulator.counters()[provider]) as [CountedOperation, number][];
    const changes = after.map(([name, count]) => [name, count - before[name]] as const);
    const calls = Object.fromEntries(changes.filter(([, count]) => count !== 0));
    return { result, calls, requests: this.emulator.log().length - logged };
  }

  /** Whether the platform itself takes the token that is served. */
  async isTaken(provider: Provider, subject: string): Promise<boolean> {
    if (provider === 'yuanzhibang') {
      return (await this.tokens.introspect(provider, { kind: 'user', subject })) !== false;
    }
    return Object.keys(await this.tokens.profile(provider, subject)).length > 0;
  }
}

/** The full crowd comes first and last; in between fewer are enough to meet one another. */
function crowd(round: number): number {
  return round === 0 || round === rounds - 1 ? callers : 50;
}

/** All at once; the one token that everybody got. */
async function stampede(count: number, ask: Ask, rejected?: Secret): Promise<string> {
  const served = await Promise.all(Array.from({ length: count }, () => ask(rejected)));
  const values = new Set(served.map(({ accessToken }) => accessToken.reveal()));
  expect(served).toHaveLength(count);
  expect([...values]).toHaveLength(1);
  return [...values].join();
}

const stores: readonly (readonly [string, (folder: string) => StoreEngine])[] = [
  ['memory', () => memoryStore()],
  ['SQLite', (folder) => sqliteStore({ file: join(folder, 'tokens.db') })],
];

describe.each(stores)('a thousand callers at once, over %s', (_name, storeAt) => {
  let world: World;
  afterEach(() => world.stop());

  it.each(providers)(
    '%s: one call renews a user’s token, at its end and when the platform has killed it',
    async (provider) => {
      world = await World.start(storeAt);
      const subject = await world.signIn(provider);
      const target = { kind: 'user', subject } as const;
      const ask: Ask = (rejected) =>
        world.tokens.forUser(provider, subject, rejected === undefined ? {} : { rejected });
      const known = new Set([await stampede(1, ask)]);
      for (let round = 0; round < rounds; round += 1) {
        await world.expire(provider, target);
        const ended = await world.callsOf(provider, () => stampede(crowd(round), ask));
        expect(ended).toMatchObject({ calls: { refreshes: 1 }, requests: 1 });
        expect(world.emulator.revoke(provider, { what: 'access' })).toBeGreaterThan(0);
        const killed = await world.callsOf(provider, () =>
          stampede(crowd(round), ask, new Secret(ended.result)),
        );
        expect(killed).toMatchObject({ calls: { refreshes: 1 }, requests: 1 });
        known.add(ended.result).add(killed.result);
      }
      expect(known.size).toBe(1 + 2 * rounds);
      expect(await world.isTaken(provider, subject)).toBe(true);
      await world.expire(provider, target);
      expect((await world.callsOf(provider, () => stampede(1, ask))).calls).toEqual({ refreshes: 1 });
      expect(await world.isTaken(provider, subject)).toBe(true);
      expect(world.emulator.counters()[provider].reuse).toBe(0);
      expect(await world.statusOf(provider, target)).toMatchObject({ state: 'fresh', failures: 0 });
      const users = world.events.filter(({ kind }) => kind === 'user').map(({ type }) => type);
      expect(users).toEqual(Array(2 * rounds + 1).fill('renewed'));
    },
  );

  it.each(providers)(
    '%s: in its last moments everybody gets the new token, with one call',
    async (provider) => {
      world = await World.start(storeAt);
      const subject = await world.signIn(provider);
      const ask: Ask = () => world.tokens.forUser(provider, subject);
      const old = await stampede(1, ask);
      await world.expire(provider, { kind: 'user', subject });
      world.back(1_000);
      const { result, calls } = await world.callsOf(provider, () => stampede(callers, ask));
      expect(calls).toEqual({ refreshes: 1 });
      expect(result).not.toBe(old);
    },
  );

  it.each(providers)(
    '%s: one call brings the application’s token, first, at its end and when it was killed',
    async (provider) => {
      world = await World.start(storeAt);
      const ask: Ask = (rejected) =>
        world.tokens.forApp(provider, rejected === undefined ? {} : { rejected });
      const once = { calls: { appTokens: 1 }, requests: 1 };
      const first = await world.callsOf(provider, () => stampede(callers, ask));
      expect(first).toMatchObject(once);
      const known = new Set([first.result]);
      for (let round = 0; round < rounds; round += 1) {
        await world.expire(provider, { kind: 'app' });
        const ended = await world.callsOf(provider, () => stampede(crowd(round), ask));
        expect(ended).toMatchObject(once);
        expect(world.emulator.revoke(provider, { what: 'app' })).toBeGreaterThan(0);
        const killed = await world.callsOf(provider, () =>
          stampede(crowd(round), ask, new Secret(ended.result)),
        );
        expect(killed).toMatchObject(once);
        known.add(ended.result).add(killed.result);
      }
      expect(known.size).toBe(1 + 2 * rounds);
      expect(world.events.filter(({ type }) => type !== 'renewed')).toEqual([]);
    },
  );

  it('yuanzhibang: one call each for the ticket and the token it hangs on, asked for together', async () => {
    world = await World.start(storeAt);
    const provider = 'yuanzhibang';
    const ticket: Ask = (rejected) =>
      world.tokens.ticket(provider, 'js_ticket', rejected === undefined ? {} : { rejected });
    const app: Ask = () => world.tokens.forApp(provider);
    const both = { calls: { appTokens: 1, tickets: 1 } };
    const together = (count: number): Promise<string[]> =>
      Promise.all([stampede(count, ticket), stampede(count, app)]);
    const first = await world.callsOf(provider, () => together(callers));
    expect(first).toMatchObject({ ...both, requests: 2 });
    const known = new Set(first.result);
    for (let round = 0; round < rounds; round += 1) {
      await world.expire(provider, { kind: 'ticket', type: 'js_ticket' });
      const ended = await world.callsOf(provider, () => together(crowd(round)));
      expect(ended).toMatchObject({ ...both, requests: 2 });
      const [old = ''] = ended.result;
      world.emulator.revoke(provider, { what: 'app' });
      // The ticket is refused with the old server token once, then drawn with a new one.
      const killed = await world.callsOf(provider, () => stampede(crowd(round), ticket, new Secret(old)));
      expect(killed).toMatchObject({ ...both, requests: 3 });
      for (const token of [...ended.result, killed.result, await stampede(1, app)]) known.add(token);
    }
    expect(known.size).toBe(2 + 4 * rounds);
    const check = await world.tokens.introspect(provider, { kind: 'ticket', type: 'js_ticket' });
    expect(check).toMatchObject({ active: true });
    expect(world.events.filter(({ type }) => type !== 'renewed')).toEqual([]);
  });
});
