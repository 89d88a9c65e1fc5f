import { type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthProviderError } from '../core/errors.js';
import { type Secret } from '../core/secret.js';
import { type ClientRecordIdentity, type OpenedRecord, type RecordIdentity } from '../vault/index.js';
import { causeOf, type Cause } from './cause.js';
import { needsLogin, operationOf } from './outcomes.js';
import { type RenewalResult, type RenewerParts } from './renewal.js';
import { Renewer } from './renewer.js';
import { type TokenCache } from './token-cache.js';
import { mandatoryFrom, renewsAt } from './windows.js';

/** How a token is asked for. */
export interface TokenRequest {
  /** Stops the caller's waiting, and nobody else's. */
  readonly signal?: AbortSignal;
  /** A token the platform has just refused: it is not given out again. */
  readonly rejected?: Secret;
}

const pollMs = 100;
/** A caller whose token is dead may try again this long after a failure, and not before. */
const probeMs = 1_000;

interface Failure {
  readonly error: OAuthProviderError;
  readonly at: number;
}

/**
 * Live tokens for whoever asks. A caller never waits while the old token is good, except in its last moments; all
 * callers of one record share one renewal.
 */
export class LiveTokens {
  private readonly flights = new Map<string, Promise<RenewalResult>>();
  private readonly failures = new Map<string, Failure>();
  private readonly renewer: Renewer;

  constructor(
    private readonly parts: RenewerParts,
    private readonly cache: TokenCache,
  ) {
    this.renewer = new Renewer(parts);
  }

  /**
   * The record of a live token.
   * @throws OAuthProviderError `invalid_grant` when only a login helps, else why there is none right now
   */
  async get(
    provider: ConfiguredProvider,
    identity: RecordIdentity,
    request: TokenRequest = {},
  ): Promise<OpenedRecord> {
    const name = nameOf(identity);
    if (request.rejected === undefined) {
      const cached = this.cache.get(name);
      if (cached !== undefined) return cached;
    }
    request.signal?.throwIfAborted();
    const record = await abortable(this.load(identity), request.signal);
    const live =
      record === undefined
        ? await this.first(provider, identity, request)
        : await this.renewed(provider, record, request);
    this.cache.set(name, live);
    return live;
  }

  /** Renews a record now if it needs it, together with whoever is at it already. */
  renew(provider: ConfiguredProvider, identity: RecordIdentity, rejected?: Secret): Promise<RenewalResult> {
    const name = nameOf(identity);
    return this.flights.get(name) ?? this.fly(name, () => this.renewer.renew(provider, identity, rejected));
  }

  /** Renews a record that the sweeper has claimed. Callers who want it meanwhile share the result. */
  renewClaimed(
    provider: ConfiguredProvider,
    record: OpenedRecord,
    owner: Buffer,
    deadline: number,
  ): Promise<RenewalResult> {
    return this.fly(nameOf(record.identity), () =>
      this.renewer.renewClaimed(provider, record, owner, deadline),
    );
  }

  /** Forgets what is cached of a record. */
  forget(identity: RecordIdentity): void {
    this.cache.delete(nameOf(identity));
    this.failures.delete(nameOf(identity));
  }

  /** Waits for the renewals under way. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.flights.values());
  }

  private async load(identity: RecordIdentity): Promise<OpenedRecord | undefined> {
    const { vault, unsaved } = this.parts;
    const waiting = unsaved.get(vault.hasher.recordKey(identity));
    return waiting ?? vault.load(identity);
  }

  /** A record that exists: serve it, renew it behind the caller's back, or make the caller wait. */
  private async renewed(
    provider: ConfiguredProvider,
    record: OpenedRecord,
    request: TokenRequest,
  ): Promise<OpenedRecord> {
    const { clock, settings } = this.parts;
    const rejected = request.rejected?.reveal() === record.tokens.accessToken.reveal();
    const now = clock.now();
    const alive = record.tokens.expiresAt > now && !rejected;
    const due = record.dueAt !== null && record.dueAt <= now;
    if (record.state === 'revoked' || (record.state === 'needs_login' && !alive)) {
      throw needsLogin(provider, (record.cause as Cause | null) ?? causeOf('revoked'));
    }
    if (alive && !due) return record;
    if (!alive) return this.insist(provider, record, request);
    const renewal = this.renew(provider, record.identity);
    if (now < mandatoryFrom(record.tokens, settings)) {
      // In the background: whoever asked does not care how it ends, and the next one asks again.
      renewal.catch(() => undefined);
      return record;
    }
    return this.hope(record, renewal, request);
  }

  /** The old token is in its last moments: wait a little for the new one, and take the old one if it does not come. */
  private async hope(
    record: OpenedRecord,
    renewal: Promise<RenewalResult>,
    request: TokenRequest,
  ): Promise<OpenedRecord> {
    const { clock, timers, settings } = this.parts;
    const patience = new AbortController();
    const late = timers.sleep(settings.maxWaitMs, patience.signal).then(
      () => undefined,
      () => undefined,
    );
    try {
      const result = await abortable(Promise.race([renewal.catch(() => undefined), late]), request.signal);
      if (result?.end === 'current' && result.record.tokens.expiresAt > clock.now()) return result.record;
    } finally {
      patience.abort();
    }
    if (record.tokens.expiresAt > clock.now()) return record;
    return this.outcome(await abortable(renewal, request.signal), record.identity.provider);
  }

  /** The old token is dead: only a new one will do. */
  private async insist(
    provider: ConfiguredProvider,
    record: OpenedRecord,
    request: TokenRequest,
  ): Promise<OpenedRecord> {
    const { timers } = this.parts;
    const name = nameOf(record.identity);
    let joined = false;
    for (;;) {
      const failure = this.failures.get(name);
      if (failure !== undefined && timers.monotonic() - failure.at < probeMs) throw failure.error;
      // Whoever began a flight may not have known that the token is rejected: then it is asked for once more.
      const again = !joined && request.rejected !== undefined && this.flights.has(name);
      const result = await abortable(this.renew(provider, record.identity, request.rejected), request.signal);
      if (again && result.end === 'current' && holds(result.record, request.rejected)) {
        joined = true;
        continue;
      }
      if (result.end !== 'busy') return this.outcome(result, provider.name, request.rejected);
      await abortable(timers.sleep(pollMs), request.signal);
      const now = await this.load(record.identity);
      if (now === undefined) return this.outcome({ end: 'gone' }, provider.name);
      if (!now.generation.equals(record.generation)) return this.renewed(provider, now, request);
    }
  }

  private outcome(result: RenewalResult, provider: string, rejected?: Secret): OpenedRecord {
    const { clock } = this.parts;
    if (result.end === 'gone') throw noAccount(provider);
    const { tokens } = result.record;
    const alive = tokens.expiresAt > clock.now() && !holds(result.record, rejected);
    if (alive) return result.record;
    if (result.end === 'failed') throw result.error;
    throw new OAuthProviderError({
      provider,
      operation: 'refresh',
      errorClass: result.record.state === 'needs_login' ? 'invalid_grant' : 'transient',
      reason: 'there is no live token right now',
      fate: 'not_sent',
      retryAfterSeconds: 1,
    });
  }

  /** There is no record yet. A client's own token can simply be fetched, once for all who ask; a user has to log in. */
  private async first(
    provider: ConfiguredProvider,
    identity: RecordIdentity,
    request: TokenRequest,
  ): Promise<OpenedRecord> {
    if (identity.kind === 'user') throw noAccount(provider.name);
    const name = nameOf(identity);
    const flight =
      this.flights.get(name) ??
      this.fly(name, async () => ({ end: 'current', record: await this.fetch(provider, identity) }));
    const result = await abortable(flight, request.signal);
    return this.outcome(result, provider.name, request.rejected);
  }

  private async fetch(provider: ConfiguredProvider, identity: ClientRecordIdentity): Promise<OpenedRecord> {
    const { vault, settings, randomness, gate, quotas } = this.parts;
    // Somebody may have been faster between the load and this flight.
    const known = await vault.load(identity);
    if (known !== undefined) return known;
    await quotas.draw(provider, operationOf(identity), 'renewal');
    const { tokens } = await gate.run(provider, () => this.renewer.askForClient(provider, identity));
    await vault.saveApp(identity, tokens, renewsAt(tokens, settings, randomness));
    const saved = await vault.load(identity);
    if (saved === undefined) throw noAccount(provider.name);
    return saved;
  }

  private fly(name: string, start: () => Promise<RenewalResult>): Promise<RenewalResult> {
    const flight = start().then(
      (result) => {
        if (result.end === 'failed') this.fail(name, result.error);
        else this.failures.delete(name);
        this.cache.delete(name);
        return result;
      },
      (error: unknown) => {
        if (error instanceof OAuthProviderError) this.fail(name, error);
        throw error;
      },
    );
    const ended = flight.finally(() => {
      if (this.flights.get(name) === ended) this.flights.delete(name);
    });
    this.flights.set(name, ended);
    return ended;
  }

  private fail(name: string, error: OAuthProviderError): void {
    const { timers } = this.parts;
    const now = timers.monotonic();
    // Old failures are of no use; dropping them keeps the map as small as the trouble is.
    for (const [other, { at }] of this.failures) {
      if (now - at < probeMs) break;
      this.failures.delete(other);
    }
    this.failures.delete(name);
    this.failures.set(name, { error, at: now });
  }
}

function holds({ tokens }: OpenedRecord, token: Secret | undefined): boolean {
  return tokens.accessToken.reveal() === token?.reveal();
}

function noAccount(provider: string): OAuthProviderError {
  return new OAuthProviderError({
    provider,
    operation: 'refresh',
    errorClass: 'invalid_grant',
    reason: 'nobody has signed in here, so there is no token',
    fate: 'not_sent',
  });
}

function nameOf({ provider, clientId, kind, type, tenant, ...rest }: RecordIdentity): string {
  return JSON.stringify([
    provider,
    clientId,
    kind,
    type,
    tenant,
    'subject' in rest ? rest.subject : undefined,
  ]);
}

/** Lets one caller go without ending what others wait for too. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  // Who goes does not see how it ends, and nobody else may be looking.
  work.catch(() => undefined);
  signal.throwIfAborted();
  let stop: () => void = () => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
