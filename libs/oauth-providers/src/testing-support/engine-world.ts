import { type ConfiguredProvider } from '../core/define-provider.js';
import { Secret } from '../core/secret.js';
import { type TokenSet } from '../core/token-set.js';
import { RenewalEngine } from '../refresh/engine.js';
import { type TokenEvent } from '../refresh/events.js';
import { defaultQuotaSettings } from '../refresh/quota-ledger.js';
import { defaultSettings, type RenewalSettings } from '../refresh/settings.js';
import { defaultCache } from '../refresh/token-cache.js';
import { renewsAt } from '../refresh/windows.js';
import { KeyRing, memoryStore, type OpenedRecord, type StoreEngine, Vault } from '../vault/index.js';
import { Wire } from '../wire/wire.js';
import { clients } from './clients.js';
import { FakeHttp, FakeRandomness } from './fakes.js';
import { VirtualTime } from './virtual-time.js';

/** A renewal engine in virtual time, over a real vault and a platform that does what the test says. */
export class EngineWorld {
  readonly time = new VirtualTime();
  readonly http = new FakeHttp();
  readonly randomness = new FakeRandomness();
  readonly events: TokenEvent[] = [];
  readonly settings: RenewalSettings;

  private constructor(
    readonly provider: ConfiguredProvider,
    settings: Partial<RenewalSettings>,
  ) {
    this.settings = { ...defaultSettings, ...settings };
  }

  vault!: Vault;
  engine!: RenewalEngine;

  static async create(
    provider: ConfiguredProvider = clients.wps,
    options: { settings?: Partial<RenewalSettings>; store?: StoreEngine; cacheEntries?: number } = {},
  ): Promise<EngineWorld> {
    const world = new EngineWorld(provider, options.settings ?? {});
    const { time, http, randomness, settings, events } = world;
    world.vault = await Vault.open({
      engine: options.store ?? memoryStore(),
      keys: KeyRing.parse({ encryptionKeys: `t:${Buffer.alloc(32, 7).toString('base64')}` }),
      clock: time,
      timers: time,
      randomness,
    });
    world.engine = new RenewalEngine({
      vault: world.vault,
      wire: new Wire(http, time, randomness),
      clock: time,
      timers: time,
      randomness,
      breakers: () => ({ execute: (call) => call(), isOpenError: () => false, isOpen: () => false }),
      settings,
      quota: defaultQuotaSettings,
      cache: { ...defaultCache, entries: options.cacheEntries ?? defaultCache.entries },
      notify: (event) => events.push(event),
      providers: () => Promise.resolve([world.provider]),
    });
    return world;
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
    const now = this.time.now();
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
