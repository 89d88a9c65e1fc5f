import { type ConfiguredProvider } from '../core/define-provider.js';
import { type Clock } from '../core/ports.js';
import { Secret } from '../core/secret.js';
import { type TokenSet } from '../core/token-set.js';
import { RenewalEngine } from '../refresh/engine.js';
import { type TokenEvent } from '../refresh/events.js';
import { defaultQuotaSettings } from '../refresh/quota-ledger.js';
import { defaultSettings, type RenewalSettings } from '../refresh/settings.js';
import { defaultCache } from '../refresh/token-cache.js';
import { renewsAt } from '../refresh/windows.js';
import {
  KeyRing,
  memoryStore,
  type OpenedRecord,
  type OpenStore,
  type StoreEngine,
  StoreUnavailableError,
  Vault,
} from '../vault/index.js';
import { Wire } from '../wire/wire.js';
import { clients } from './clients.js';
import { FakeHttp, FakeRandomness } from './fakes.js';
import { VirtualTime } from './virtual-time.js';

/** A store in memory that several vaults open, as several processes would; it can be made to fail. */
export function shared(): StoreEngine & { down: boolean; change: (store: OpenStore) => OpenStore } {
  let opened: Promise<OpenStore> | undefined;
  const engine = {
    ...{ kind: 'shared', embedded: true, down: false },
    change: (store: OpenStore): OpenStore => store,
    async open(clock: Clock): Promise<OpenStore> {
      opened ??= memoryStore().open(clock);
      const store = engine.change(await opened);
      const failing = <Part extends object>(part: Part): Part =>
        new Proxy(part, {
          get:
            (target, name) =>
            (...args: unknown[]) =>
              engine.down ? unavailable() : Reflect.apply(Reflect.get(target, name) as never, target, args),
        });
      return {
        ...store,
        tokens: failing(store.tokens),
        blobs: failing(store.blobs),
        quotas: failing(store.quotas),
        notBefore: failing(store.notBefore),
        close: () => Promise.resolve(),
      };
    },
  };
  return engine;
}

const unavailable = (): Promise<never> => Promise.reject(new StoreUnavailableError('shared', 'DOWN'));

/** A renewal engine in virtual time, over a real vault and a platform that does what the test says. */
export class EngineWorld {
  readonly events: TokenEvent[] = [];
  readonly settings: RenewalSettings;

  private constructor(
    readonly provider: ConfiguredProvider,
    settings: Partial<RenewalSettings>,
    readonly store: StoreEngine,
    readonly time = new VirtualTime(),
    readonly http = new FakeHttp(),
    readonly randomness = new FakeRandomness(),
  ) {
    this.settings = { ...defaultSettings, ...settings };
  }

  vault!: Vault;
  engine!: RenewalEngine;

  static async create(
    provider: ConfiguredProvider = clients.wps,
    options: { settings?: Partial<RenewalSettings>; store?: StoreEngine; cacheEntries?: number } = {},
  ): Promise<EngineWorld> {
    const world = new EngineWorld(provider, options.settings ?? {}, options.store ?? memoryStore());
    await world.start(options.cacheEntries);
    return world;
  }

  /** Another process on the same store and the same platform, at the same time. The store must be {@link shared}. */
  async beside(cacheEntries?: number): Promise<EngineWorld> {
    const { provider, settings, store, time, http, randomness } = this;
    const world = new EngineWorld(provider, settings, store, time, http, randomness);
    await world.start(cacheEntries);
    return world;
  }

  private async start(cacheEntries = defaultCache.entries): Promise<void> {
    const { time, http, randomness, settings, events } = this;
    this.vault = await Vault.open({
      engine: this.store,
      keys: KeyRing.parse({ encryptionKeys: `t:${Buffer.alloc(32, 7).toString('base64')}` }),
      clock: time,
      timers: time,
      randomness,
    });
    this.engine = new RenewalEngine({
      vault: this.vault,
      wire: new Wire(http, this.vault.clock, randomness),
      clock: this.vault.clock,
      timers: time,
      randomness,
      breakers: () => ({ execute: (call) => call(), isOpenError: () => false, isOpen: () => false }),
      settings,
      quota: defaultQuotaSettings,
      cache: { ...defaultCache, entries: cacheEntries },
      notify: (event) => events.push(event),
      providers: () => Promise.resolve([this.provider]),
    });
  }

  readonly subject = 'subject-1';

  /** The identity of the one user of this world. */
  get user(): { kind: 'user'; provider: string; clientId: string; subject: string } {
    return {
      kind: 'user',
      provider: this.provider.name,
      clientId: this.provider.clientId,
      subject: this.subject,
    };
  }

  get app(): { kind: 'app'; provider: string; clientId: string } {
    return { kind: 'app', provider: this.provider.name, clientId: this.provider.clientId };
  }

  /** Signs the user in: a token that lives an hour, and a refresh token. */
  async login(change: Partial<TokenSet> = {}): Promise<void> {
    const now = this.vault.clock.now();
    const tokens: TokenSet = {
      accessToken: new Secret('access-0'),
      refreshToken: new Secret('refresh-0'),
      issuedAt: now,
      expiresAt: now + 3_600_000,
      scope: [],
      ...change,
    };
    const { name, clientId } = this.provider;
    const dueAt = renewsAt(tokens, this.settings, this.randomness);
    await this.vault.saveLogin({ provider: name, clientId, subject: this.subject, tokens, renewsAt: dueAt });
  }

  /** The user's access token as a caller gets it. */
  async token(rejected?: string): Promise<string> {
    const request = rejected === undefined ? {} : { rejected: new Secret(rejected) };
    return (await this.engine.live.get(this.provider, this.user, request)).tokens.accessToken.reveal();
  }

  /** The user's record as it lies in the vault. */
  async record(): Promise<OpenedRecord> {
    const record = await this.vault.load(this.user);
    if (record === undefined) throw new Error('the record is gone');
    return record;
  }

  async close(): Promise<void> {
    await this.vault.close();
  }
}
