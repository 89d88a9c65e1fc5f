import { type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthProviderError } from '../core/errors.js';
import { type Clock, type Timers } from '../core/ports.js';

/** Stops calls to something that is down. A broken circuit rejects with an error of its own kind. */
export interface CircuitBreaker {
  execute<T>(call: () => Promise<T>): Promise<T>;
  /** Whether an error means that the circuit is open and nothing was called. */
  isOpenError(error: unknown): boolean;
  /** Whether nothing is called right now. */
  isOpen(): boolean;
}

/** When each client may call again, as all processes were told; the vault keeps it. */
export interface SharedCoolDowns {
  get(provider: string, clientId: string): Promise<number | null>;
  set(provider: string, clientId: string, until: number): Promise<void>;
}

/** Makes the breaker of one client. */
export type BreakerFactory = (name: string) => CircuitBreaker;

/** One client of one platform. */
export interface Client {
  readonly provider: string;
  readonly clientId: string;
}

interface ClientState {
  readonly client: Client;
  readonly breaker: CircuitBreaker;
  /** Until when the platform asked us to leave it alone, and until when it asked any process. */
  notBefore: number;
  told: number;
  /** When we last asked what the others were told, on the monotonic clock. */
  askedAt: number;
  asking: Promise<void> | undefined;
  succeededAt: number | undefined;
}

/** How long a process may not know what another one was told. */
const tellingMs = 1_000;

/** Only these say that the platform itself is in trouble; a refusal is an answer. */
function isTrouble(error: unknown): boolean {
  return error instanceof OAuthProviderError && error.errorClass === 'transient';
}

/** What is known of each client as a whole: whether it may be called now, and when it last worked. */
export class ClientGate {
  private readonly clients = new Map<string, ClientState>();

  constructor(
    private readonly clock: Clock,
    private readonly timers: Pick<Timers, 'monotonic'>,
    private readonly breakers: BreakerFactory,
    private readonly coolDowns: SharedCoolDowns,
  ) {}

  /** The clients whose circuit is open: their platform has failed repeatedly and is given a pause. */
  openCircuits(): readonly Client[] {
    return [...this.clients.values()].filter(({ breaker }) => breaker.isOpen()).map(({ client }) => client);
  }

  /** When the client last had a good answer, in milliseconds since the epoch. */
  succeededAt(provider: ConfiguredProvider): number | undefined {
    return this.state(provider).succeededAt;
  }

  /** Until when the platform asked any process to leave it alone; known a second later at most. */
  async notBefore(provider: ConfiguredProvider): Promise<number> {
    const state = this.state(provider);
    if (this.timers.monotonic() - state.askedAt >= tellingMs) {
      state.asking ??= this.ask(provider, state);
      await state.asking;
    }
    return Math.max(state.notBefore, state.told);
  }

  /**
   * Makes a call for a client, unless the platform asked to be left alone or is known to be down.
   * @throws OAuthProviderError `throttled` or `transient` without a call, or what the call failed with
   */
  async run<T>(provider: ConfiguredProvider, call: () => Promise<T>): Promise<T> {
    const state = this.state(provider);
    const wait = (await this.notBefore(provider)) - this.clock.now();
    if (wait > 0)
      throw notNow(provider, 'throttled', 'the platform asked to be left alone for a while', wait);
    // A refusal passes through the breaker as a value: only trouble counts against the platform.
    let outcome: { value: T } | { refusal: unknown };
    try {
      outcome = await state.breaker.execute(() =>
        call().then(
          (value) => ({ value }),
          (error: unknown) => {
            if (isTrouble(error)) throw error;
            return { refusal: error };
          },
        ),
      );
    } catch (error) {
      throw state.breaker.isOpenError(error)
        ? notNow(provider, 'transient', 'the platform has failed repeatedly and is given a pause', 1_000)
        : error;
    }
    if ('value' in outcome) {
      state.succeededAt = this.clock.now();
      return outcome.value;
    }
    this.heed(provider, state, outcome.refusal);
    throw outcome.refusal;
  }

  private heed({ name, clientId }: ConfiguredProvider, state: ClientState, refusal: unknown): void {
    if (!(refusal instanceof OAuthProviderError) || refusal.errorClass !== 'throttled') return;
    const wait = Math.min((refusal.retryAfterSeconds ?? 1) * 1000, 60_000);
    const until = this.clock.now() + wait;
    if (until <= state.notBefore) return;
    state.notBefore = until;
    // The others are told as well as may be: a store that is down keeps nobody from heeding it here.
    this.coolDowns.set(name, clientId, until).catch(() => undefined);
  }

  private async ask({ name, clientId }: ConfiguredProvider, state: ClientState): Promise<void> {
    state.told = (await this.coolDowns.get(name, clientId).catch(() => null)) ?? 0;
    state.askedAt = this.timers.monotonic();
    state.asking = undefined;
  }

  private state(provider: ConfiguredProvider): ClientState {
    const name = JSON.stringify([provider.name, provider.clientId]);
    const known = this.clients.get(name);
    if (known !== undefined) return known;
    const made: ClientState = {
      client: { provider: provider.name, clientId: provider.clientId },
      breaker: this.breakers(name),
      notBefore: 0,
      told: 0,
      askedAt: -Infinity,
      asking: undefined,
      succeededAt: undefined,
    };
    this.clients.set(name, made);
    return made;
  }
}

function notNow(
  provider: ConfiguredProvider,
  errorClass: 'throttled' | 'transient',
  reason: string,
  waitMs: number,
): OAuthProviderError {
  return new OAuthProviderError({
    provider: provider.name,
    operation: 'refresh',
    errorClass,
    reason,
    fate: 'not_sent',
    retryAfterSeconds: Math.ceil(waitMs / 1000),
  });
}
