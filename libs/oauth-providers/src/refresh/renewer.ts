import { type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthProviderError } from '../core/errors.js';
import { type Clock, type Randomness, type Timers } from '../core/ports.js';
import { type Secret } from '../core/secret.js';
import { type TokenSet } from '../core/token-set.js';
import {
  type ClientRecordIdentity,
  type OpenedRecord,
  type RecordIdentity,
  type Vault,
} from '../vault/index.js';
import { type CallOptions, type Wire } from '../wire/wire.js';
import { type TokenReply } from '../wire/fields.js';
import { type Cause, causeOf, type CauseReason } from './cause.js';
import { type ClientGate } from './client-gate.js';
import { decide, spendsRefreshToken } from './decide.js';
import { type TokenEvent, type TokenListener } from './events.js';
import { type Failpoint } from './failpoints.js';
import { type FailureChange, judge } from './failure.js';
import { type QuotaLedger } from './quota-ledger.js';
import { leaseMargin, type RenewalSettings } from './settings.js';
import { type UnsavedGrant, type UnsavedGrants } from './unsaved-grants.js';
import { renewsAt } from './windows.js';

/** How a renewal ended. `record` is what is true now, as far as this process knows. */
export type RenewalResult =
  /** The record holds tokens that are worth having: new ones, or ones that need no renewal. */
  | { readonly end: 'current'; readonly record: OpenedRecord }
  /** Somebody else is at it. */
  | { readonly end: 'busy'; readonly record: OpenedRecord }
  /** It failed; the old token may still be alive. */
  | { readonly end: 'failed'; readonly record: OpenedRecord; readonly error: OAuthProviderError }
  | { readonly end: 'gone' };

/** What a renewal needs. */
export interface RenewerParts {
  readonly vault: Vault;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly randomness: Randomness;
  readonly gate: ClientGate;
  readonly unsaved: UnsavedGrants;
  readonly settings: RenewalSettings;
  readonly notify: TokenListener;
  readonly quotas: QuotaLedger;
  /** For tests that end the process at a certain moment. */
  readonly failpoint?: Failpoint;
  /** A live token of the application, for operations that need one. */
  appToken(provider: ConfiguredProvider, options?: { rejected?: Secret }): Promise<Secret>;
}

/** Stops a call whose lease would not last until its answer. Nothing has been sent. */
class LeaseTooShort extends Error {}

/**
 * Renews one record: claim, look again, decide again, mark, call, save. Two things guard it: the lease says who may
 * call, the generation says who may save.
 */
export class Renewer {
  constructor(private readonly parts: RenewerParts) {}

  /** How long a renewal holds its record, in milliseconds. */
  static leaseOf(provider: ConfiguredProvider): number {
    return provider.timeoutMs + 2 * leaseMargin;
  }

  /** Claims a record and renews it if it still needs that. */
  async renew(
    provider: ConfiguredProvider,
    identity: RecordIdentity,
    rejected?: Secret,
  ): Promise<RenewalResult> {
    const { vault, timers, randomness } = this.parts;
    const lease = Renewer.leaseOf(provider);
    // Taken before the claim is sent: the store's lease can only last longer than we think.
    const deadline = timers.monotonic() + lease;
    const owner = randomness.bytes(16);
    const { claimed, record } = await vault.claim(identity, owner, lease);
    if (record === undefined) return { end: 'gone' };
    return claimed ? this.renewClaimed(provider, record, owner, deadline, rejected) : { end: 'busy', record };
  }

  /** Renews a record that is claimed already. `deadline` is in the time of the monotonic clock. */
  async renewClaimed(
    provider: ConfiguredProvider,
    record: OpenedRecord,
    owner: Buffer,
    deadline: number,
    rejected?: Secret,
  ): Promise<RenewalResult> {
    const { vault, clock, settings, unsaved, failpoint } = this.parts;
    await failpoint?.('claimed');
    const kept = unsaved.grant(record.key);
    if (kept?.prepared.expectedGeneration.equals(record.generation) === true) return this.saveKept(kept);
    // The later of two clocks: with ours behind, a record that is due would be given back again and again.
    const now = Math.max(clock.now(), this.storeNow(record, deadline));
    const decision = decide(provider, record, { now, rejected, settings });
    switch (decision.todo) {
      case 'current':
        await vault.release(record, owner);
        return { end: 'current', record };
      case 'wait':
        return this.end(provider, record, owner, this.doubt(record), inDoubt(provider));
      case 'hopeless':
        return this.end(provider, record, owner, this.hopeless(record, decision.reason));
      case 'call':
        return this.call(provider, record, owner, deadline);
    }
  }

  private async call(
    provider: ConfiguredProvider,
    record: OpenedRecord,
    owner: Buffer,
    deadline: number,
  ): Promise<RenewalResult> {
    const { vault, timers, gate, quotas, failpoint } = this.parts;
    if (spendsRefreshToken(provider, record) && !(await vault.markSpending(record, owner))) {
      return { end: 'busy', record };
    }
    await failpoint?.('marked');
    const options: CallOptions = {
      beforeSending: () => {
        if (timers.monotonic() + provider.timeoutMs + leaseMargin > deadline) throw new LeaseTooShort();
      },
    };
    let reply: TokenReply;
    try {
      await quotas.draw(provider, operationOf(record.identity), 'renewal');
      reply = await gate.run(provider, () => this.ask(provider, record, options));
    } catch (error) {
      if (error instanceof LeaseTooShort) {
        await vault.settle(record, owner, unchanged(record));
        return { end: 'busy', record };
      }
      if (!(error instanceof OAuthProviderError)) throw error;
      return this.failed(provider, record, owner, deadline, error);
    }
    await failpoint?.('replied');
    return this.save(provider, record, deadline, reply);
  }

  private ask(provider: ConfiguredProvider, record: OpenedRecord, options: CallOptions): Promise<TokenReply> {
    const { wire } = this.parts;
    const { identity, tokens } = record;
    if (identity.kind !== 'user') return this.askForClient(provider, identity, options);
    return wire.tokens(
      provider,
      'refresh',
      {
        subject: identity.subject,
        accessToken: tokens.accessToken,
        ...(tokens.refreshToken === undefined ? {} : { refreshToken: tokens.refreshToken }),
        ...tenantOf(identity),
      },
      options,
    );
  }

  /**
   * Asks for a token of the client itself, also when there was none before.
   * @throws OAuthProviderError
   */
  askForClient(
    provider: ConfiguredProvider,
    identity: ClientRecordIdentity,
    options: CallOptions = {},
  ): Promise<TokenReply> {
    return identity.kind === 'app'
      ? this.parts.wire.tokens(provider, 'appToken', tenantOf(identity), options)
      : this.askTicket(provider, identity, options);
  }

  /** A ticket hangs on the app token; one that the platform rejects is replaced once. */
  private async askTicket(
    provider: ConfiguredProvider,
    identity: ClientRecordIdentity,
    options: CallOptions,
  ): Promise<TokenReply> {
    const { wire, appToken } = this.parts;
    const ask = (token: Secret): Promise<TokenReply> =>
      wire.tokens(provider, 'ticket', { appToken: token, tokenType: identity.type ?? '' }, options);
    const token = await appToken(provider);
    try {
      return await ask(token);
    } catch (error) {
      if (!(error instanceof OAuthProviderError) || error.errorClass !== 'invalid_token') throw error;
      return ask(await appToken(provider, { rejected: token }));
    }
  }

  private async save(
    provider: ConfiguredProvider,
    record: OpenedRecord,
    deadline: number,
    reply: TokenReply,
  ): Promise<RenewalResult> {
    const { clock, vault, unsaved, settings, randomness, failpoint } = this.parts;
    const tokens = merged(record.tokens, reply);
    const ahead = this.storeNow(record, deadline) - clock.now();
    const dueAt = renewsAt(tokens, settings, randomness) + ahead;
    const prepared = vault.prepareRenewal(record, tokens, dueAt);
    const renewed: OpenedRecord = {
      ...record,
      tokens,
      generation: prepared.write.generation,
      state: 'fresh',
      cause: null,
      failures: 0,
      refusals: 0,
      refusedSince: null,
      dueAt,
      inSpending: false,
    };
    const outcome = await unsaved.save({ prepared, record: renewed });
    if (outcome === undefined) {
      this.notify(provider, record, { type: 'unsaved' });
      return { end: 'current', record: renewed };
    }
    if (outcome.saved) {
      await failpoint?.('saved');
      this.notify(provider, record, { type: 'renewed', state: 'fresh' });
      return { end: 'current', record: renewed };
    }
    // Deleted or replaced while we were away: what we brought must not live on unseen. Where the refresh token is
    // still the record's, ending what we brought would end that too.
    const survivor = outcome.current?.tokens.refreshToken?.reveal();
    if (survivor === undefined || survivor !== tokens.refreshToken?.reveal()) {
      await this.discard(provider, tokens);
    }
    return outcome.current === undefined ? { end: 'gone' } : { end: 'current', record: outcome.current };
  }

  /** We hold the successor of what was claimed: it is saved now, and its refresh token is not spent again. */
  private async saveKept({ prepared, record }: UnsavedGrant): Promise<RenewalResult> {
    const outcome = await this.parts.vault.saveRenewal(prepared);
    if (outcome.saved) return { end: 'current', record };
    return outcome.current === undefined ? { end: 'gone' } : { end: 'current', record: outcome.current };
  }

  private async discard(provider: ConfiguredProvider, tokens: TokenSet): Promise<void> {
    const { wire } = this.parts;
    if (!wire.offers(provider, 'revoke')) return;
    await wire.revoke(provider, { token: tokens.accessToken }).catch(() => undefined);
  }

  private async failed(
    provider: ConfiguredProvider,
    record: OpenedRecord,
    owner: Buffer,
    deadline: number,
    error: OAuthProviderError,
  ): Promise<RenewalResult> {
    const { vault, settings, randomness, gate } = this.parts;
    if (error.errorClass === 'invalid_grant') {
      // Perhaps a lost race: then somebody's newer tokens are there, and nothing is dead.
      const now = await vault.load(record.identity);
      if (now === undefined) return { end: 'gone' };
      if (!now.generation.equals(record.generation)) return { end: 'current', record: now };
    }
    const change = judge(provider, record, error, {
      now: this.storeNow(record, deadline),
      settings,
      randomness,
      clientSucceededAt: gate.succeededAt(provider),
    });
    return this.end(provider, record, owner, change, error);
  }

  private async end(
    provider: ConfiguredProvider,
    record: OpenedRecord,
    owner: Buffer,
    change: FailureChange,
    error?: OAuthProviderError,
  ): Promise<RenewalResult> {
    const settled = await this.parts.vault.settle(record, owner, change);
    const ended: OpenedRecord = {
      ...record,
      ...change,
      inSpending: change.spending === 'keep' && (record.inSpending || spendsRefreshToken(provider, record)),
    };
    if (settled && (change.state !== record.state || change.cause.reason !== record.cause?.reason)) {
      this.notify(provider, record, { type: eventOf(change), state: change.state, cause: change.cause });
    }
    return { end: 'failed', record: ended, error: error ?? needsLogin(provider, change.cause) };
  }

  /** What the store's clock shows: our lease and our deadline are the same moment in two ways of counting. */
  private storeNow({ leasedUntil }: OpenedRecord, deadline: number): number {
    const { clock, timers } = this.parts;
    return leasedUntil === null ? clock.now() : leasedUntil - deadline + timers.monotonic();
  }

  private doubt(record: OpenedRecord): FailureChange {
    const { settings } = this.parts;
    return {
      ...unchanged(record),
      state: 'in_doubt',
      cause: causeOf('lost_reply'),
      spending: 'keep',
      dueAt: record.tokens.expiresAt - Math.min(settings.mandatoryMs, 1_000),
    };
  }

  private hopeless(record: OpenedRecord, reason: CauseReason): FailureChange {
    return {
      ...unchanged(record),
      state: 'needs_login',
      cause: causeOf(reason),
      dueAt: null,
      spending: 'clear',
    };
  }

  private notify(
    provider: ConfiguredProvider,
    { identity }: OpenedRecord,
    event: Pick<TokenEvent, 'type' | 'state' | 'cause'>,
  ): void {
    this.parts.notify({
      ...event,
      provider: provider.name,
      clientId: provider.clientId,
      kind: identity.kind,
      ...(identity.kind === 'user' ? { subject: identity.subject } : {}),
    });
  }
}

/** The single retry is kept for later; as an error for whoever cannot use the old token. */
function inDoubt(provider: ConfiguredProvider): OAuthProviderError {
  return new OAuthProviderError({
    provider: provider.name,
    operation: 'refresh',
    errorClass: 'transient',
    reason: 'an answer got lost, and the refresh token is tried again only when the old token is due to die',
    fate: 'not_sent',
    retryAfterSeconds: 1,
  });
}

/** Only a login helps; as an error for whoever wanted the token. */
export function needsLogin(provider: ConfiguredProvider, cause: Cause): OAuthProviderError {
  const codes = cause.platformCode === undefined ? {} : { platformCode: cause.platformCode };
  return new OAuthProviderError({
    provider: provider.name,
    operation: 'refresh',
    errorClass: 'invalid_grant',
    reason: `there is no live token, and only a new login brings one: ${cause.reason}`,
    ...codes,
  });
}

/** What the platform leaves out stays as it was; a renewed id_token is nobody's proof and is not kept. */
function merged(old: TokenSet, { tokens: brought, scopeStated }: TokenReply): TokenSet {
  const refreshToken = brought.refreshToken ?? old.refreshToken;
  const refreshExpiresAt =
    brought.refreshToken === undefined ? old.refreshExpiresAt : brought.refreshExpiresAt;
  return {
    accessToken: brought.accessToken,
    ...(brought.tokenType === undefined ? {} : { tokenType: brought.tokenType }),
    ...(brought.issuedAt === undefined ? {} : { issuedAt: brought.issuedAt }),
    expiresAt: brought.expiresAt,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(refreshExpiresAt === undefined ? {} : { refreshExpiresAt }),
    ...(old.idToken === undefined ? {} : { idToken: old.idToken }),
    // RFC 6749 §6: not said means unchanged.
    scope: scopeStated ? brought.scope : old.scope,
  };
}

function unchanged(record: OpenedRecord): FailureChange {
  const { state, failures, refusals, refusedSince, dueAt } = record;
  const cause = record.cause as Cause | null;
  return {
    state,
    cause: cause ?? causeOf('outage'),
    failures,
    refusals,
    refusedSince,
    dueAt,
    spending: record.inSpending ? 'keep' : 'clear',
  };
}

function eventOf({ state }: FailureChange): TokenEvent['type'] {
  return state === 'fresh' ? 'renewed' : state;
}

function tenantOf(identity: RecordIdentity): { tenant?: string } {
  return identity.tenant === undefined ? {} : { tenant: identity.tenant };
}

/** The call that brings new tokens for a record. */
export function operationOf({ kind }: RecordIdentity): 'refresh' | 'appToken' | 'ticket' {
  return kind === 'user' ? 'refresh' : kind === 'app' ? 'appToken' : 'ticket';
}
