import { Secret } from '../../libs/oauth-providers/src/core/secret.js';
import { type HttpRequest } from '../../libs/oauth-providers/src/core/ports.js';
import { type TokenSet } from '../../libs/oauth-providers/src/core/token-set.js';
import { defaultSettings } from '../../libs/oauth-providers/src/refresh/settings.js';
import { renewsAt } from '../../libs/oauth-providers/src/refresh/windows.js';
import { memoryStore, type OpenStore, Vault } from '../../libs/oauth-providers/src/vault/index.js';
import { EngineProcess, type Ground, keys } from './engine-process.js';
import { type StoreFate } from './faulty-store.js';
import { type Mutation } from './mutations.js';
import { Platform } from './platform.js';
import { Prng } from './prng.js';
import { type Row, Rows } from './rows.js';
import { Rules } from './rules.js';
import { type Setup } from './scenario.js';
import { Schedule } from './schedule.js';

const begin = Date.parse('2026-05-01T08:00:00Z');
/** A caller waits for a lease of somebody else, for a call and for the store, and for nothing else. */
const longestWait = 5_000 + 2 * 20_000 + 10_000 + 30_000;

const away: readonly StoreFate[] = ['fails', 'hangs'];

interface Call {
  readonly row: Row;
  readonly by: EngineProcess;
  readonly startedAt: number;
}

/** Everything of one run: platforms, a store, processes, users, callers, and the rules that watch them. */
export class World {
  readonly schedule = new Schedule();
  readonly prng: Prng;
  readonly platforms = new Map<string, Platform>();
  readonly rules: Rules;
  readonly rows: Rows;
  readonly processes: EngineProcess[] = [];
  private readonly waiting = new Set<Call>();
  private readonly ground: Ground;
  /** How wrong the wall clocks of the processes are at the moment; the store's own clock is never wrong. */
  clockJump = 0;
  storeFate: () => StoreFate = () => 'fine';
  /** Until then the store does not answer anybody. */
  storeDownUntil = 0;
  storeTroubles = 0;
  served = 0;
  refused = 0;
  nextUnchecked = 0;

  private constructor(
    readonly setup: Setup,
    readonly store: OpenStore,
    vault: Vault,
    mutation: Mutation,
  ) {
    this.prng = new Prng(setup.seed ^ 0x5eed);
    for (const { name, rotation, lifeSeconds } of setup.platforms) {
      this.platforms.set(name, new Platform(name, rotation, lifeSeconds, this.schedule, this.prng.fork()));
    }
    this.rules = new Rules(
      { calm: setup.calm, clockError: setup.clockError, storeNow: () => this.storeNow() },
      this.platforms,
    );
    this.rows = new Rows(
      store,
      vault,
      () => this.schedule.elapsed,
      (change) => this.rules.stored(change),
    );
    for (const { name, platform } of setup.users) {
      const { clientId } = this.platform(platform).dialect.provider;
      this.rows.add(name, { kind: 'user', provider: platform, clientId, subject: name });
    }
    this.ground = {
      schedule: this.schedule,
      prng: this.prng,
      store,
      witness: this.rows,
      storeFate: () => {
        const down = this.schedule.elapsed < this.storeDownUntil;
        const fate = down ? this.prng.pick(away) : this.storeFate();
        if (fate !== 'fine') this.storeTroubles += 1;
        return fate;
      },
      storeFailed: () => {
        this.storeTroubles += 1;
      },
      providers: [...this.platforms.values()].map(({ dialect }) => dialect.provider),
      mutation,
      wall: () => this.storeNow() + this.clockJump,
      send: (by, request, answered, failed) => this.send(by, request, answered, failed),
      event: (_by, event) => this.rules.noSecret(event),
    };
  }

  static async create(setup: Setup, mutation: Mutation): Promise<World> {
    const time: { now?: () => number } = {};
    const clock = { now: () => time.now?.() ?? begin };
    const store = await memoryStore().open(clock);
    const engine = { kind: 'memory', embedded: true, open: () => Promise.resolve(store) };
    const vault = await Vault.open({
      engine,
      keys,
      clock,
      timers: { monotonic: clock.now },
      randomness: new Prng(1),
    });
    const world = new World(setup, store, vault, mutation);
    time.now = () => world.storeNow();
    for (const skew of setup.skews) world.processes.push(await EngineProcess.start(world.ground, skew));
    return world;
  }

  storeNow(): number {
    return begin + this.schedule.elapsed;
  }

  platform(name: string): Platform {
    const platform = this.platforms.get(name);
    if (platform === undefined) throw new Error(`no platform ${name}`);
    return platform;
  }

  /** A user signs in; when the store is away, they are told so and nothing is kept. */
  login(by: EngineProcess, row: Row, endsEarlier: boolean): void {
    const platform = this.platform(row.identity.provider);
    const now = by.storeTime();
    const { grant, access } = platform.login(row.name, endsEarlier);
    const tokens: TokenSet = {
      accessToken: new Secret(access),
      refreshToken: new Secret(grant.refresh),
      issuedAt: now,
      expiresAt: now + platform.lifeSeconds * 1000,
      scope: [],
    };
    const { provider, clientId, subject } = row.identity;
    by.vault
      .saveLogin({
        ...{ provider, clientId, subject, tokens },
        renewsAt: renewsAt(tokens, defaultSettings, this.prng),
      })
      .then(() => by.engine.live.forget(row.identity))
      .catch(() => undefined);
  }

  /** A user's record is deleted. */
  remove(by: EngineProcess, row: Row): void {
    by.vault
      .remove(row.identity)
      .catch(() => undefined)
      .finally(() => by.engine.live.forget(row.identity));
  }

  /** Somebody wants a token. Whoever finds that the platform does not take it comes again and says so. */
  ask(
    by: EngineProcess,
    row: Row,
    options: { rejected?: string | undefined; abortAfter?: number | undefined } = {},
  ): void {
    const { rejected, abortAfter } = options;
    const call: Call = { row, by, startedAt: this.schedule.elapsed };
    const before = row.stored;
    const troubles = this.storeTroubles;
    const goodSince = row.tokens !== undefined && row.tokens.expiresAt > by.storeTime();
    const abort = new AbortController();
    if (abortAfter !== undefined)
      this.schedule.after(abortAfter, () => by.deliver(() => abort.abort(new Error('enough'))));
    if (rejected !== undefined) this.rules.rejected.add(rejected);
    this.waiting.add(call);
    by.engine.live
      .get(by.provider(row.identity.provider), row.identity, {
        signal: abort.signal,
        ...(rejected === undefined ? {} : { rejected: new Secret(rejected) }),
      })
      .then(
        ({ tokens }) => {
          this.waiting.delete(call);
          this.served += 1;
          const token = tokens.accessToken.reveal();
          const storeTrouble = this.storeTroubles > troubles;
          const { startedAt } = call;
          this.rules.served(by, row, token, tokens.expiresAt, { rejected, startedAt, storeTrouble });
          const again = rejected === undefined && !this.platform(row.identity.provider).takes(token);
          if (again) this.schedule.after(50, () => by.deliver(() => this.ask(by, row, { rejected: token })));
        },
        (error: unknown) => {
          this.waiting.delete(call);
          this.refused += 1;
          if (abort.signal.aborted && error === abort.signal.reason) return;
          const storeTrouble = this.storeTroubles > troubles;
          const { startedAt } = call;
          this.rules.failed(by, row, error, { rejected, before, goodSince, startedAt, storeTrouble });
        },
      );
  }

  /** Somebody wants the token of the application itself. */
  askApp(by: EngineProcess, platform: Platform): void {
    const { name, clientId } = platform.dialect.provider;
    by.engine.live.get(by.provider(name), { kind: 'app', provider: name, clientId }).then(
      ({ tokens }) => {
        if (tokens.expiresAt <= by.storeTime())
          this.rules.fail(`${name}: served an app token that has expired`);
      },
      (error: unknown) => this.rules.noSecret(error),
    );
  }

  sweep(by: EngineProcess): void {
    by.engine.sweeper.refreshDue().catch(() => undefined);
  }

  async restart(place: number): Promise<void> {
    const skew = this.setup.skews[place] ?? 0;
    this.processes[place] = await EngineProcess.start(this.ground, skew);
  }

  /** After each event: nobody may wait for ever. */
  check(): void {
    if (this.schedule.elapsed < this.nextUnchecked) return;
    this.nextUnchecked = this.schedule.elapsed + 1_000;
    for (const call of this.waiting) {
      if (call.by.crashed) this.waiting.delete(call);
      else if (!call.by.hasPaused && this.schedule.elapsed - call.startedAt > longestWait) {
        this.rules.fail(`${call.row.name}: a caller waits for ever`);
      }
    }
  }

  private send(
    by: EngineProcess,
    request: HttpRequest,
    answered: Parameters<Ground['send']>[2],
    failed: Parameters<Ground['send']>[3],
  ): void {
    const platform = [...this.platforms.values()].find(({ dialect }) =>
      hostsOf(dialect.provider.name).test(request.url),
    );
    if (platform === undefined) throw new Error(`nobody lives at ${request.url}`);
    const asked = platform.dialect.read(request);
    const user = asked.what === 'refresh' ? platform.refreshToken(asked.token)?.grant.user : undefined;
    const row = user === undefined ? undefined : this.rows.named(user);
    const attempt =
      asked.what === 'refresh' && row !== undefined
        ? this.rules.sent(by, platform.dialect.provider, asked.token, row, this.rows)
        : undefined;
    platform.receive(request, attempt, answered, failed);
  }
}

function hostsOf(name: string): RegExp {
  return name === 'wps' ? /\.wps\.cn/ : name === 'huawei' ? /huawei\.com/ : /anyweb\.cc/;
}
