import { type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthProviderError } from '../core/errors.js';
import { type Clock } from '../core/ports.js';

/** Stops calls to something that is down. A broken circuit rejects with an error of its own kind. */
export interface CircuitBreaker {
  execute<T>(call: () => Promise<T>): Promise<T>;
  /** Whether an error means that the circuit is open and nothing was called. */
  isOpenError(error: unknown): boolean;
}

/** Makes the breaker of one client. */
export type BreakerFactory = (name: string) => CircuitBreaker;

interface ClientState {
  readonly breaker: CircuitBreaker;
  notBefore: number;
  succeededAt: number | undefined;
}

/** Only these say that the platform itself is in trouble; a refusal is an answer. */
function isTrouble(error: unknown): boolean {
  return error instanceof OAuthProviderError && error.errorClass === 'transient';
}

/** What is known of each client as a whole: whether it may be called now, and when it last worked. */
export class ClientGate {
  private readonly clients = new Map<string, ClientState>();

  constructor(
    private readonly clock: Clock,
    private readonly breakers: BreakerFactory,
  ) {}

  /** When the client last had a good answer, in milliseconds since the epoch. */
  succeededAt(provider: ConfiguredProvider): number | undefined {
    return this.state(provider).succeededAt;
  }

  /** Until when the platform asked to be left alone. */
  notBefore(provider: ConfiguredProvider): number {
    return this.state(provider).notBefore;
  }

  /**
   * Makes a call for a client, unless the platform asked to be left alone or is known to be down.
   * @throws OAuthProviderError `throttled` or `transient` without a call, or what the call failed with
   */
  async run<T>(provider: ConfiguredProvider, call: () => Promise<T>): Promise<T> {
    const state = this.state(provider);
    const wait = state.notBefore - this.clock.now();
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
    this.heed(state, outcome.refusal);
    throw outcome.refusal;
  }

  private heed(state: ClientState, refusal: unknown): void {
    if (!(refusal instanceof OAuthProviderError) || refusal.errorClass !== 'throttled') return;
    const wait = Math.min((refusal.retryAfterSeconds ?? 1) * 1000, 60_000);
    state.notBefore = Math.max(state.notBefore, this.clock.now() + wait);
  }

  private state(provider: ConfiguredProvider): ClientState {
    const name = JSON.stringify([provider.name, provider.clientId]);
    const known = this.clients.get(name);
    if (known !== undefined) return known;
    const made: ClientState = { breaker: this.breakers(name), notBefore: 0, succeededAt: undefined };
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
