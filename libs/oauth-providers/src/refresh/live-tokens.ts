import { type ConfiguredProvider } from '../core/define-provider.js';
import { type Secret } from '../core/secret.js';
import { type OpenedRecord, type RecordIdentity, StoreUnavailableError } from '../vault/index.js';
import { abortable } from './abortable.js';
import { causeOf, type Cause } from './cause.js';
import { FirstTokens } from './first-tokens.js';
import { Flights } from './flights.js';
import { failedElsewhere, needsLogin, noAccount, nothingNow } from './outcomes.js';
import { nameOf } from './record-name.js';
import { InTurn } from './in-turn.js';
import { isHeld, RenewalWatch } from './renewal-watch.js';
import { type Hold, type RenewalResult, type RenewerParts } from './renewal.js';
import { Renewer } from './renewer.js';
import { type TokenCache, type UserShelf } from './token-cache.js';
import { mandatoryFrom } from './windows.js';

/** How a token is asked for. */
export interface TokenRequest {
  /** Stops the caller's waiting, and nobody else's. */
  readonly signal?: AbortSignal;
  /** A token the platform has just refused: it is not given out again. */
  readonly rejected?: Secret;
}

/**
 * Live tokens for whoever asks. A caller never waits while the old token is good, except in its last moments; all
 * callers of one record share one renewal.
 */
export class LiveTokens {
  private readonly loads = new InTurn<OpenedRecord | undefined>();
  private readonly answers = new InTurn<OpenedRecord>();
  private readonly hopes = new Map<string, Promise<RenewalResult | undefined>>();
  private readonly flights: Flights;
  private readonly renewer: Renewer;
  private readonly firsts: FirstTokens;
  private readonly others: RenewalWatch;

  constructor(
    private readonly parts: RenewerParts,
    private readonly cache: TokenCache,
  ) {
    const { vault, timers, clock } = parts;
    this.flights = new Flights(timers);
    this.renewer = new Renewer(parts);
    this.firsts = new FirstTokens(parts, this.renewer);
    this.others = new RenewalWatch(vault, timers, clock, (identity) => this.load(identity));
  }

  /**
   * The record of a live token. While the store does not answer it is the last one known, as long as that lives.
   * @throws OAuthProviderError `invalid_grant` when only a login helps, else why there is none right now
   * @throws StoreUnavailableError when the store does not answer and no living token is known
   */
  get(
    provider: ConfiguredProvider,
    identity: RecordIdentity,
    request: TokenRequest = {},
  ): Promise<OpenedRecord> {
    if (request.rejected !== undefined) return this.ask(provider, identity, request);
    const cached = this.cache.get(identity);
    if (cached !== undefined) return Promise.resolve(cached);
    if (request.signal !== undefined) return this.ask(provider, identity, request);
    // Who wants nothing of his own shares all of it, not only what is read.
    const key = this.parts.vault.hasher.readKey(identity);
    return this.answers.share(key, () => this.ask(provider, identity, request));
  }

  private async ask(
    provider: ConfiguredProvider,
    identity: RecordIdentity,
    request: TokenRequest,
  ): Promise<OpenedRecord> {
    request.signal?.throwIfAborted();
    try {
      // Without a signal there is nothing to stand between: each layer would cost every read.
      const load = this.load(identity);
      const record = await (request.signal === undefined ? load : abortable(load, request.signal));
      const live =
        record === undefined
          ? await this.first(provider, identity, request)
          : (this.untroubled(record, request) ?? (await this.renewed(provider, record, request)));
      this.cache.set(identity, live);
      return live;
    } catch (error) {
      const known = error instanceof StoreUnavailableError ? this.cache.lastKnown(identity) : undefined;
      if (known === undefined || holds(known, request.rejected)) throw error;
      return known;
    }
  }

  /** What is cached of a client's users right now. */
  usersOf({ name, clientId }: ConfiguredProvider): UserShelf {
    return this.cache.usersOf(name, clientId);
  }

  /** Renews a record now if it needs it, together with whoever is at it already. */
  renew(provider: ConfiguredProvider, identity: RecordIdentity, rejected?: Secret): Promise<RenewalResult> {
    return this.flights.join(nameOf(identity), () =>
      this.remembered(identity, this.renewer.renew(provider, identity, rejected)),
    );
  }

  /** Renews a record that the sweeper has claimed. Callers who want it meanwhile share the result. */
  renewClaimed(provider: ConfiguredProvider, record: OpenedRecord, hold: Hold): Promise<RenewalResult> {
    const { identity } = record;
    return this.flights.begin(nameOf(identity), () =>
      this.remembered(identity, this.renewer.renewClaimed(provider, record, hold)),
    );
  }

  /** Forgets what is cached of a record. */
  forget(identity: RecordIdentity): void {
    this.cache.delete(identity);
    this.flights.forget(nameOf(identity));
  }

  /** Waits for the renewals under way. */
  settled(): Promise<void> {
    return this.flights.settled();
  }

  private load(identity: RecordIdentity): Promise<OpenedRecord | undefined> {
    const key = this.parts.vault.hasher.readKey(identity);
    return this.loads.share(key, () => this.read(identity, key));
  }

  private read(identity: RecordIdentity, key: Buffer): Promise<OpenedRecord | undefined> {
    const { vault, unsaved } = this.parts;
    const waiting = unsaved.size === 0 ? undefined : unsaved.get(key);
    return waiting === undefined ? vault.load(identity, key) : Promise.resolve(waiting);
  }

  /** What is cached is out of date after a renewal. What a store that failed leaves open stays known. */
  private async remembered(
    identity: RecordIdentity,
    renewal: Promise<RenewalResult>,
  ): Promise<RenewalResult> {
    const result = await renewal;
    this.cache.delete(identity);
    return result;
  }

  /** A record of which there is nothing to say but its token. */
  private untroubled(record: OpenedRecord, { rejected }: TokenRequest): OpenedRecord | undefined {
    const now = this.parts.clock.now();
    const isGood =
      record.state === 'fresh' &&
      rejected === undefined &&
      record.tokens.expiresAt > now &&
      (record.dueAt === null || record.dueAt > now);
    return isGood ? record : undefined;
  }

  /** A record that exists: serve it, renew it behind the caller's back, or make the caller wait. */
  private async renewed(
    provider: ConfiguredProvider,
    record: OpenedRecord,
    request: TokenRequest,
  ): Promise<OpenedRecord> {
    const { clock, settings } = this.parts;
    const now = clock.now();
    const alive = record.tokens.expiresAt > now && !holds(record, request.rejected);
    const due = record.dueAt !== null && record.dueAt <= now;
    if (record.state === 'revoked' || (record.state === 'needs_login' && !alive)) {
      throw needsLogin(provider, (record.cause as Cause | null) ?? causeOf('revoked'));
    }
    if (alive && !due) return record;
    if (!alive) return this.insist(provider, record, request);
    if (now >= mandatoryFrom(record.tokens, settings)) return this.hope(provider, record, request);
    // In the background: whoever asked does not care how it ends, and the next one asks again.
    if (!this.isElsewhere(record)) this.renew(provider, record.identity).catch(() => undefined);
    return record;
  }

  /** The old token is in its last moments: wait a little for the new one, and take the old one if it does not come. */
  private async hope(
    provider: ConfiguredProvider,
    record: OpenedRecord,
    request: TokenRequest,
  ): Promise<OpenedRecord> {
    const { clock } = this.parts;
    const name = nameOf(record.identity);
    // Who comes later waits as long as the first: one timer for all.
    const hope = this.hopes.get(name) ?? this.soon(provider, record).finally(() => this.hopes.delete(name));
    this.hopes.set(name, hope);
    const result = await abortable(hope, request.signal);
    if (result?.end === 'current' && result.record.tokens.expiresAt > clock.now()) return result.record;
    return record.tokens.expiresAt > clock.now() ? record : this.insist(provider, record, request);
  }

  /** What becomes of a record whose renewal is due, if that is known before the longest wait is over. */
  private async soon(provider: ConfiguredProvider, record: OpenedRecord): Promise<RenewalResult | undefined> {
    const { timers, settings } = this.parts;
    const patience = new AbortController();
    const late = timers.sleep(settings.maxWaitMs, patience.signal).then(
      () => undefined,
      () => undefined,
    );
    try {
      return await Promise.race([this.next(provider, record).catch(() => undefined), late]);
    } finally {
      patience.abort();
    }
  }

  /** What becomes of a record whose renewal is due, by whomever. */
  private async next(provider: ConfiguredProvider, record: OpenedRecord): Promise<RenewalResult> {
    const result: RenewalResult = this.isElsewhere(record)
      ? { end: 'busy', record }
      : await this.renew(provider, record.identity);
    if (result.end !== 'busy') return result;
    const now = await this.others.changed(result.record);
    if (now === undefined) return { end: 'gone' };
    return { end: now.generation.equals(record.generation) ? 'busy' : 'current', record: now };
  }

  /** The old token is dead: only a new one will do. */
  private async insist(
    provider: ConfiguredProvider,
    dead: OpenedRecord,
    request: TokenRequest,
  ): Promise<OpenedRecord> {
    const name = nameOf(dead.identity);
    let record = dead;
    let joined = false;
    for (;;) {
      const failure = this.flights.failure(name);
      if (failure !== undefined) throw failure;
      // The lease that was seen on the record may have been that of the flight which has just ended.
      if (joined || !this.isElsewhere(record)) {
        // Whoever began a flight may not have known that the token is rejected: then it is asked for once more.
        const again = !joined && request.rejected !== undefined && this.flights.has(name);
        const result = await abortable(
          this.renew(provider, record.identity, request.rejected),
          request.signal,
        );
        if (again && result.end === 'current' && holds(result.record, request.rejected)) {
          joined = true;
          continue;
        }
        if (result.end !== 'busy') return this.outcome(result, provider, request.rejected);
        record = result.record;
      }
      const now = await abortable(this.others.changed(record), request.signal);
      if (now === undefined) return this.outcome({ end: 'gone' }, provider);
      if (!now.generation.equals(dead.generation) || isOver(now)) return this.renewed(provider, now, request);
      // Another process has tried and failed: that counts like a failure of our own.
      if (now.failures > dead.failures) this.flights.fail(name, failedElsewhere(provider, now));
      record = now;
    }
  }

  private outcome(result: RenewalResult, provider: ConfiguredProvider, rejected?: Secret): OpenedRecord {
    if (result.end === 'gone') throw noAccount(provider);
    const alive = result.record.tokens.expiresAt > this.parts.clock.now() && !holds(result.record, rejected);
    if (alive) return result.record;
    throw result.end === 'failed' ? result.error : nothingNow(provider, result.record);
  }

  /** There is no record yet. A client's own token can simply be fetched, once for all who ask; a user has to log in. */
  private async first(
    provider: ConfiguredProvider,
    identity: RecordIdentity,
    request: TokenRequest,
  ): Promise<OpenedRecord> {
    if (identity.kind === 'user') throw noAccount(provider);
    const flight = this.flights.join(nameOf(identity), async () => ({
      end: 'current',
      record: await this.firsts.fetch(provider, identity),
    }));
    const result = await abortable(flight, request.signal);
    return this.outcome(result, provider, request.rejected);
  }

  /** Whether another process is at it. */
  private isElsewhere(record: OpenedRecord): boolean {
    return isHeld(record, this.parts.clock.now()) && !this.flights.has(nameOf(record.identity));
  }
}

/** Whether only a login helps, whoever tries. */
function isOver({ state }: OpenedRecord): boolean {
  return state === 'needs_login' || state === 'revoked';
}

function holds({ tokens }: OpenedRecord, token: Secret | undefined): boolean {
  return tokens.accessToken.reveal() === token?.reveal();
}
