import { type describe as Describe } from '@jest/globals';
import {
  createPlatformEmulator,
  demoClients,
  type PlatformEmulatorOptions,
  type PlatformEmulator,
} from 'platform-emulator';
import { type ConfiguredProvider } from '../../libs/oauth-providers/src/core/define-provider.js';
import { type OAuthProviderError } from '../../libs/oauth-providers/src/core/errors.js';
import { Secret } from '../../libs/oauth-providers/src/core/secret.js';
import { AxiosHttp, hardenedHttpService } from '../../libs/oauth-providers/src/nest/axios-http.js';
import { cockatielBreakers } from '../../libs/oauth-providers/src/nest/breaker.js';
import { systemClock, systemRandomness, systemTimers } from '../../libs/oauth-providers/src/nest/system.js';
import { anyweb } from '../../libs/oauth-providers/src/providers/anyweb.js';
import { huawei } from '../../libs/oauth-providers/src/providers/huawei.js';
import { wps } from '../../libs/oauth-providers/src/providers/wps.js';
import { yuanzhibang } from '../../libs/oauth-providers/src/providers/yuanzhibang.js';
import { RenewalEngine } from '../../libs/oauth-providers/src/refresh/engine.js';
import { localDay } from '../../libs/oauth-providers/src/refresh/local-day.js';
import { defaultQuotaSettings } from '../../libs/oauth-providers/src/refresh/quota-ledger.js';
import { defaultSettings } from '../../libs/oauth-providers/src/refresh/settings.js';
import { defaultCache } from '../../libs/oauth-providers/src/refresh/token-cache.js';
import {
  KeyRing,
  type OpenedRecord,
  type StoreEngine,
  Vault,
} from '../../libs/oauth-providers/src/vault/index.js';
import { postgresStore } from '../../libs/oauth-providers/src/vault/stores/postgres/index.js';
import { redisStore } from '../../libs/oauth-providers/src/vault/stores/redis/index.js';
import { Wire } from '../../libs/oauth-providers/src/wire/wire.js';
import { howToInstall, postgresAvailable, startPostgres } from '../../tools/servers/postgres.mjs';
import { redisAvailable, redisMissing, startRedis } from '../../tools/servers/redis.mjs';
import { fleetOf, type Member } from './fleet.js';
import { type StorePlace, type Task } from './task.js';

/** A store server of one's own. */
export interface StoreServer {
  readonly place: StorePlace;
  /** Ends it at once, as a crash would. */
  kill(): Promise<void>;
  /** Starts it again on its port, with its data. */
  restart(): Promise<void>;
  /** Starts it again on its port, without its data. */
  readonly restartEmpty?: () => Promise<void>;
  stop(): Promise<void>;
}

/** Durable servers, as production would run them. */
export const servers = {
  redis: async (): Promise<StoreServer> => {
    const server = await startRedis({ appendfsync: 'always' });
    return {
      place: { kind: 'redis', url: server.url },
      kill: () => server.kill(),
      restart: () => server.restart(),
      restartEmpty: () => server.restart({ empty: true }),
      stop: () => server.stop(),
    };
  },
  postgres: async (): Promise<StoreServer> => {
    const server = await startPostgres();
    return {
      place: { kind: 'postgres', url: server.url },
      kill: () => server.kill(),
      restart: () => server.start(),
      stop: () => server.stop(),
    };
  },
};

/** The stores on which many processes can live, and why one of them cannot be tested here. */
export const stores = [
  { kind: 'redis', missing: redisAvailable() ? undefined : redisMissing },
  { kind: 'postgres', missing: postgresAvailable() ? undefined : howToInstall },
] as const;

/** Describes something for every store; one whose server is missing is skipped, and its name says what to install. */
export function describeEach(
  describe: typeof Describe,
  what: string,
  body: (kind: 'redis' | 'postgres') => void,
): void {
  for (const { kind } of stores) describeOn(describe, kind, what, () => body(kind));
}

/** The same for one store, for what is better run in a file of its own. */
export function describeOn(
  describe: typeof Describe,
  kind: 'redis' | 'postgres',
  what: string,
  body: () => void,
): void {
  const missing = stores.find((store) => store.kind === kind)?.missing;
  if (missing === undefined) describe(`${what} on ${kind}`, body);
  else describe.skip(`${what} on ${kind} (not run: ${missing})`, body);
}

type ProviderName = Task['provider'];

const clientsOf = {
  wps: (client: Client) => wps(client),
  huawei: (client: Client) => huawei(client),
  anyweb: ({ clientId: appId, clientSecret: secret, ...rest }: Client) => anyweb({ appId, secret, ...rest }),
  yuanzhibang: ({ clientId: appId, clientSecret: secret, ...rest }: Client) =>
    yuanzhibang({ appId, secret, ...rest, signOrigins: ['https://app.example.com'] }),
};

interface Client {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly baseUrl: string;
  readonly timeoutMs?: number;
}

export interface GroundOptions extends PlatformEmulatorOptions {
  /** Whose users sign in. */
  readonly provider?: ProviderName;
  /** The time limit of a call, in ms. */
  readonly timeoutMs?: number;
}

/** A platform, a store, and a way in for the test itself: it signs people in and looks at what is stored. */
export class Ground {
  private constructor(
    readonly server: StoreServer,
    readonly emulator: PlatformEmulator,
    readonly provider: ConfiguredProvider,
    readonly task: Task,
    readonly vault: Vault,
    private readonly http: AxiosHttp,
    private readonly wire: Wire,
  ) {}

  private get name(): ProviderName {
    return this.task.provider;
  }

  private readonly members: Member[] = [];
  private ownEngine: RenewalEngine | undefined;

  /** On a store server of its own. */
  static async prepare(kind: 'redis' | 'postgres', options: GroundOptions = {}): Promise<Ground> {
    return Ground.on(await servers[kind](), options);
  }

  /** On a part of a store server that others use, too; it outlives the ground. */
  static within(server: StoreServer, space: string, options: GroundOptions = {}): Promise<Ground> {
    const place = { ...server.place, space };
    return Ground.on({ ...server, place, stop: () => Promise.resolve() }, options);
  }

  private static async on(
    server: StoreServer,
    { provider: name = 'wps', timeoutMs, ...emulation }: GroundOptions,
  ): Promise<Ground> {
    const emulator = await createPlatformEmulator({ reuseDetection: true, quotas: false, ...emulation });
    const client = demoClients[name];
    const origin = emulator.origins[name];
    const limit = timeoutMs === undefined ? {} : { timeoutMs };
    const provider = clientsOf[name]({ ...client, ...limit, baseUrl: origin });
    const http = new AxiosHttp(hardenedHttpService());
    const vault = await Vault.open({
      engine: engineOf(server.place),
      keys: KeyRing.parse({ encryptionKeys: `f:${Buffer.alloc(32, 9).toString('base64')}` }),
      clock: systemClock,
      timers: systemTimers,
      randomness: systemRandomness,
    });
    const task: Task = {
      ...{ store: server.place, origin, provider: name, ...client },
      ...limit,
    };
    return new Ground(
      server,
      emulator,
      provider,
      task,
      vault,
      http,
      new Wire(http, vault.clock, systemRandomness),
    );
  }

  /** Starts processes; all of them end with the ground. */
  async fleet(size: number, change: Partial<Task> = {}): Promise<readonly Member[]> {
    const members = await fleetOf(size, { ...this.task, ...change });
    this.members.push(...members);
    return members;
  }

  /** Store time. */
  now(): number {
    return this.vault.clock.now();
  }

  /** Signs somebody in for real, and saves it as if the access token ended, and were due, as the test says. */
  async signIn(
    user: string,
    times: { endsIn: number; dueIn?: number; life?: number; code?: string },
  ): Promise<string> {
    const { name, clientId } = this.provider;
    const code = times.code ?? this.emulator.issueCode(this.name, { user });
    const redirectUri = 'http://127.0.0.1/callback';
    const { tokens } = await this.wire.tokens(this.provider, 'exchange', { code, redirectUri });
    const expiresAt = this.now() + times.endsIn;
    const issuedAt = expiresAt - (times.life ?? 7_200_000);
    await this.vault.saveLogin({
      ...{ provider: name, clientId, subject: user },
      tokens: { ...tokens, expiresAt, issuedAt },
      renewsAt: this.now() + (times.dueIn ?? -1_000),
    });
    return tokens.accessToken.reveal();
  }

  /** What is stored of somebody. */
  record(subject: string): Promise<OpenedRecord | undefined> {
    const { name, clientId } = this.provider;
    return this.vault.load({ kind: 'user', provider: name, clientId, subject });
  }

  /** Calls for a renewal that the platform has seen, whatever it answered. */
  calls(): number {
    const path = this.provider.name === 'wps' ? '/oauth2/token' : '/oauth2/v3/token';
    const all = this.emulator.log().filter((entry) => entry.path === path).length;
    return all - this.emulator.counters()[this.name].exchanges;
  }

  /** The renewal engine of the test's own process, as another process of the fleet. */
  get engine(): RenewalEngine {
    this.ownEngine ??= new RenewalEngine({
      ...{ vault: this.vault, wire: this.wire, clock: this.vault.clock, timers: systemTimers },
      ...{ randomness: systemRandomness, breakers: cockatielBreakers, settings: defaultSettings },
      cache: { ...defaultCache, entries: 0 },
      ...{ quota: defaultQuotaSettings, notify: () => undefined },
      providers: () => Promise.resolve([this.provider]),
    });
    return this.ownEngine;
  }

  /** What a caller in the test's own process gets: an access token, or the class of an error. */
  async ask(subject: string): Promise<string> {
    const { name, clientId } = this.provider;
    const identity = { kind: 'user', provider: name, clientId, subject } as const;
    return this.engine.live.get(this.provider, identity).then(
      ({ tokens }) => tokens.accessToken.reveal(),
      (error: unknown) => (error as Partial<OAuthProviderError>).errorClass ?? String(error),
    );
  }

  /** Whether the platform takes an access token. */
  takes(accessToken: string): Promise<boolean> {
    return this.wire.profile(this.provider, { accessToken: new Secret(accessToken) }).then(
      () => true,
      () => false,
    );
  }

  /** What the platform has counted. */
  counts(): Readonly<Record<'refreshes' | 'reuse' | 'appTokens' | 'tickets', number>> {
    const { refreshes, reuse, appTokens, tickets } = this.emulator.counters()[this.name];
    return { refreshes, reuse, appTokens, tickets };
  }

  /** How much of the provider's one quota the store says is used. */
  async used(): Promise<number> {
    const { name: provider, clientId, contract } = this.provider;
    const window = contract.quotas?.[0]?.window;
    if (window === undefined) throw new Error('no quota');
    const quota = { provider, clientId, name: '0' };
    if ('dayIn' in window) {
      return this.vault.quotas.used({ ...quota, window: localDay(window.dayIn, this.now()).id });
    }
    // A draw of nothing that is refused changes nothing.
    const nothing = { amount: 0, ceiling: -1, reservation: systemRandomness.bytes(16) };
    const { used } = await this.vault.quotas.takeSliding({
      ...quota,
      ...nothing,
      windowMs: window.seconds * 1000,
    });
    return used;
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()));
    await this.vault.close();
    this.http.close();
    await this.emulator.close();
    await this.server.stop();
  }
}

function engineOf({ kind, url, space }: StorePlace): StoreEngine {
  if (kind === 'redis') return redisStore({ url, ...(space === undefined ? {} : { prefix: space }) });
  return postgresStore({ url, ...(space === undefined ? {} : { schema: space }) });
}
