import { type ConfiguredProvider } from '../../libs/oauth-providers/src/core/define-provider.js';
import {
  type Clock,
  HttpFailure,
  type HttpPort,
  type HttpReply,
  type HttpRequest,
  type Timers,
} from '../../libs/oauth-providers/src/core/ports.js';
import { type BreakerFactory } from '../../libs/oauth-providers/src/refresh/client-gate.js';
import { type EngineParts, RenewalEngine } from '../../libs/oauth-providers/src/refresh/engine.js';
import { type TokenEvent } from '../../libs/oauth-providers/src/refresh/events.js';
import { defaultQuotaSettings } from '../../libs/oauth-providers/src/refresh/quota-ledger.js';
import { defaultSettings } from '../../libs/oauth-providers/src/refresh/settings.js';
import { defaultCache } from '../../libs/oauth-providers/src/refresh/token-cache.js';
import { KeyRing, type OpenStore, Vault } from '../../libs/oauth-providers/src/vault/index.js';
import { Wire } from '../../libs/oauth-providers/src/wire/wire.js';
import { lineTo, type StoreFate, type StoreWitness } from './faulty-store.js';
import { type Mutation } from './mutations.js';
import { type Prng } from './prng.js';
import { type Schedule } from './schedule.js';

export const keys = KeyRing.parse({ encryptionKeys: `s:${Buffer.alloc(32, 7).toString('base64')}` });

/** What a process stands on. */
export interface Ground {
  readonly schedule: Schedule;
  readonly prng: Prng;
  readonly store: OpenStore;
  readonly witness: StoreWitness;
  readonly storeFate: () => StoreFate;
  readonly storeFailed: () => void;
  readonly providers: readonly ConfiguredProvider[];
  readonly mutation: Mutation;
  /** The wall clock without this process's own error. */
  readonly wall: () => number;
  readonly send: (
    process: EngineProcess,
    request: HttpRequest,
    answered: (reply: HttpReply) => void,
    failed: (failure: HttpFailure) => void,
  ) => void;
  readonly event: (process: EngineProcess, event: TokenEvent) => void;
}

/** One run of one process: it can be paused, and when it crashes nothing reaches it any more. */
export class EngineProcess implements Clock, Timers {
  crashed = false;
  /** Whether it has been paused since it began. */
  hasPaused = false;
  private paused = false;
  private readonly held: (() => void)[] = [];
  engine!: RenewalEngine;
  vault!: Vault;

  private constructor(
    private readonly ground: Ground,
    /** How wrong its wall clock is. */
    readonly skew: number,
  ) {}

  static async start(ground: Ground, skew: number): Promise<EngineProcess> {
    const started = new EngineProcess(ground, skew);
    await started.open();
    return started;
  }

  get running(): boolean {
    return !this.crashed && !this.paused;
  }

  now(): number {
    return this.ground.wall() + this.skew;
  }

  /** The time as its engine takes it to be. */
  storeTime(): number {
    return this.vault.clock.now();
  }

  monotonic(): number {
    return this.ground.schedule.elapsed;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.ground.schedule.after(ms, () => this.deliver(resolve));
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  }

  /** Hands something in: at once, when it goes on, or never. */
  deliver(what: () => void): void {
    if (this.crashed) return;
    if (this.paused) this.held.push(what);
    else what();
  }

  crash(): void {
    this.crashed = true;
    this.held.length = 0;
  }

  pause(): void {
    this.paused = true;
    this.hasPaused = true;
  }

  resume(): void {
    this.paused = false;
    for (const what of this.held.splice(0)) what();
  }

  private async open(): Promise<void> {
    const { ground } = this;
    const { schedule, prng, mutation, witness } = ground;
    const http: HttpPort = {
      send: (request) =>
        new Promise((resolve, reject) => {
          ground.send(
            this,
            request,
            (reply) => this.deliver(() => resolve(reply)),
            (failure) => this.deliver(() => reject(failure)),
          );
        }),
    };
    this.vault = await Vault.open({
      engine: lineTo({
        process: this,
        inner: ground.store,
        schedule,
        prng,
        witness,
        fate: ground.storeFate,
        failed: ground.storeFailed,
        deliver: (what) => this.deliver(what),
        mutate: mutation.store ?? ((tokens) => tokens),
      }),
      keys,
      clock: this,
      timers: this,
      randomness: prng,
    });
    const providers = ground.providers.map(mutation.provider ?? ((provider) => provider));
    const parts: EngineParts = {
      vault: this.vault,
      wire: new Wire(http, this.vault.clock, prng),
      clock: this.vault.clock,
      timers: this,
      randomness: prng,
      breakers: breakersOf(this),
      settings: defaultSettings,
      cache: defaultCache,
      quota: defaultQuotaSettings,
      notify: (event) => ground.event(this, event),
      providers: () => Promise.resolve(providers),
    };
    this.engine = new RenewalEngine(mutation.parts?.(parts) ?? parts);
    mutation.engine?.(this.engine);
  }

  /** A provider as this process's engine was given it. */
  provider(name: string): ConfiguredProvider {
    const { providers, mutation } = this.ground;
    const found = providers.find((provider) => provider.name === name);
    if (found === undefined) throw new Error(`no provider ${name}`);
    return mutation.provider?.(found) ?? found;
  }
}

const open = new HttpFailure('unreachable', false);

/** Five failures in a row open the circuit, and one call a second is let through: as in production, in our time. */
function breakersOf(timers: Timers): BreakerFactory {
  return () => {
    let failures = 0;
    let nextAt = 0;
    return {
      async execute(call) {
        if (failures >= 5) {
          if (timers.monotonic() < nextAt) throw open;
          nextAt = timers.monotonic() + 1_000;
        }
        try {
          const value = await call();
          failures = 0;
          return value;
        } catch (error) {
          failures += 1;
          nextAt = timers.monotonic() + 1_000;
          throw error;
        }
      },
      isOpenError: (error) => error === open,
      isOpen: () => failures >= 5,
    };
  };
}
