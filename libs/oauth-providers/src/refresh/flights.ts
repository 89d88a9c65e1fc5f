import { OAuthProviderError } from '../core/errors.js';
import { type Timers } from '../core/ports.js';
import { type RenewalResult } from './renewal.js';

/** A caller whose token is dead may try again this long after a failure, and not before. */
const probeMs = 1_000;

interface Failure {
  readonly error: OAuthProviderError;
  readonly at: number;
}

/** The renewals of this process: one at a time for each record, shared by all who want it. */
export class Flights {
  private readonly flying = new Map<string, Promise<RenewalResult>>();
  private readonly failures = new Map<string, Failure>();

  constructor(private readonly timers: Pick<Timers, 'monotonic'>) {}

  has(name: string): boolean {
    return this.flying.has(name);
  }

  /** Takes part in the flight of a record, or begins one. */
  join(name: string, start: () => Promise<RenewalResult>): Promise<RenewalResult> {
    return this.flying.get(name) ?? this.begin(name, start);
  }

  /** Begins a flight, whatever is under way: for who holds the lease already. */
  begin(name: string, start: () => Promise<RenewalResult>): Promise<RenewalResult> {
    const flight = start().then(
      (result) => {
        if (result.end === 'failed') this.fail(name, result.error);
        else this.failures.delete(name);
        return result;
      },
      (error: unknown) => {
        if (error instanceof OAuthProviderError) this.fail(name, error);
        throw error;
      },
    );
    const ended = flight.finally(() => {
      if (this.flying.get(name) === ended) this.flying.delete(name);
    });
    this.flying.set(name, ended);
    return ended;
  }

  /** Why the last try failed, as long as it is too early for another. */
  failure(name: string): OAuthProviderError | undefined {
    const failure = this.failures.get(name);
    return failure !== undefined && this.timers.monotonic() - failure.at < probeMs
      ? failure.error
      : undefined;
  }

  /** Notes that a try has just failed, here or in another process. */
  fail(name: string, error: OAuthProviderError): void {
    const now = this.timers.monotonic();
    // Old failures are of no use; dropping them keeps the map as small as the trouble is.
    for (const [other, { at }] of this.failures) {
      if (now - at < probeMs) break;
      this.failures.delete(other);
    }
    this.failures.delete(name);
    this.failures.set(name, { error, at: now });
  }

  forget(name: string): void {
    this.failures.delete(name);
  }

  /** Waits for all that is under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.flying.values());
  }
}
