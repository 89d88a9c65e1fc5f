import { type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthProviderError } from '../core/errors.js';
import { type Secret } from '../core/secret.js';
import { type ClientRecordIdentity, type OpenedRecord, type RecordIdentity } from '../vault/index.js';
import { type CallOptions } from '../wire/wire.js';
import { type TokenReply } from '../wire/fields.js';
import { decide, spendsRefreshToken } from './decide.js';
import { discard } from './discard.js';
import { type TokenEvent } from './events.js';
import { type FailureChange, judge } from './failure.js';
import {
  doubtful,
  eventOf,
  hopeless,
  inDoubt,
  merged,
  needsLogin,
  operationOf,
  tenantOf,
  unchanged,
} from './outcomes.js';
import { isHeld } from './renewal-watch.js';
import { repeated } from './repeated.js';
import { type Hold, type RenewalResult, type RenewerParts } from './renewal.js';
import { leaseMargin } from './settings.js';
import { type UnsavedGrant } from './unsaved-grants.js';
import { renewsAt } from './windows.js';

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
    const { vault, timers, clock, randomness } = this.parts;
    const lease = Renewer.leaseOf(provider);
    // Taken before the claim is sent: the store's lease can only last longer than we think.
    const deadline = timers.monotonic() + lease;
    const owner = randomness.bytes(16);
    const { claimed, record } = await repeated(timers, () => vault.claim(identity, owner, lease));
    if (record === undefined) return { end: 'gone' };
    if (!claimed) return { end: 'busy', record };
    const hold = { owner, deadline, marked: false };
    return this.renewHeld(provider, record, hold, { now: clock.now(), rejected });
  }

  /** Renews a record that was claimed because it is due. */
  renewClaimed(provider: ConfiguredProvider, record: OpenedRecord, hold: Hold): Promise<RenewalResult> {
    // The store has found it due; a clock that is a millisecond behind must not give it back.
    const now = Math.max(this.parts.clock.now(), record.dueAt ?? 0);
    return this.renewHeld(provider, record, hold, { now, rejected: undefined });
  }

  private async renewHeld(
    provider: ConfiguredProvider,
    record: OpenedRecord,
    hold: Hold,
    at: { readonly now: number; readonly rejected: Secret | undefined },
  ): Promise<RenewalResult> {
    const { settings, unsaved, failpoint } = this.parts;
    await failpoint?.('claimed');
    const kept = unsaved.grant(record.key);
    if (kept?.prepared.expectedGeneration.equals(record.generation) === true) return this.saveKept(kept);
    const decision = decide(provider, record, { ...at, settings });
    switch (decision.todo) {
      case 'current':
        await this.giveBack(record, hold);
        return { end: 'current', record };
      case 'wait':
        return this.end(provider, record, hold.owner, doubtful(record, settings), inDoubt(provider));
      case 'hopeless':
        return this.end(provider, record, hold.owner, hopeless(record, decision.reason));
      case 'call':
        return this.call(provider, record, hold);
    }
  }

  /** Gives the lease back, and with it a mark that came with the claim alone: nothing was spent. */
  private async giveBack(record: OpenedRecord, { owner, marked }: Hold): Promise<void> {
    const { vault, timers } = this.parts;
    if (marked) await repeated(timers, () => vault.settle(record, owner, unchanged(record)));
    else await vault.release(record, owner);
  }

  private async call(provider: ConfiguredProvider, record: OpenedRecord, hold: Hold): Promise<RenewalResult> {
    const { timers, failpoint } = this.parts;
    const { owner, deadline } = hold;
    if (!(await this.isMarked(provider, record, hold))) return { end: 'busy', record };
    await failpoint?.('marked');
    let sent = false as boolean;
    const options: CallOptions = {
      beforeSending: () => {
        if (timers.monotonic() + provider.timeoutMs + leaseMargin > deadline) throw new LeaseTooShort();
        sent = true;
      },
    };
    let reply: TokenReply;
    try {
      reply = await this.admitted(provider, record, options);
    } catch (error) {
      hold.answered?.();
      if (error instanceof LeaseTooShort) {
        await this.giveBack(record, { ...hold, marked: true });
        return { end: 'busy', record };
      }
      if (error instanceof OAuthProviderError) return this.failed(provider, record, owner, error);
      // Something of ours is broken. What has not been sent has spent nothing, and is not to be found in doubt.
      if (!sent) await this.giveBack(record, { ...hold, marked: true }).catch(() => undefined);
      throw error;
    }
    hold.answered?.();
    await failpoint?.('replied');
    return this.save(provider, record, reply);
  }

  /** Whether what has to be marked before the call is marked. */
  private async isMarked(provider: ConfiguredProvider, record: OpenedRecord, hold: Hold): Promise<boolean> {
    const { vault, timers } = this.parts;
    if (hold.marked || !spendsRefreshToken(provider, record)) return true;
    return repeated(timers, () => vault.markSpending(record, hold.owner));
  }

  /** Asks the platform, if its quotas and its state allow a call. */
  private async admitted(
    provider: ConfiguredProvider,
    record: OpenedRecord,
    options: CallOptions,
  ): Promise<TokenReply> {
    const { gate, quotas } = this.parts;
    await quotas.draw(provider, operationOf(record.identity), 'renewal');
    return gate.run(provider, () => this.ask(provider, record, options));
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
  async askForClient(
    provider: ConfiguredProvider,
    identity: ClientRecordIdentity,
    options: CallOptions = {},
  ): Promise<TokenReply> {
    if (identity.kind === 'ticket') return this.askTicket(provider, identity, options);
    const ticket = identity.tenant === undefined ? undefined : await provider.appTicket?.();
    const inputs = { ...tenantOf(identity), ...(ticket === undefined ? {} : { ticket }) };
    return this.parts.wire.tokens(provider, 'appToken', inputs, options);
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
    reply: TokenReply,
  ): Promise<RenewalResult> {
    const { vault, unsaved, settings, randomness, failpoint } = this.parts;
    const tokens = merged(record.tokens, reply);
    const dueAt = renewsAt(tokens, settings, randomness);
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
    await discard(this.parts.wire, provider, tokens, outcome.current);
    return outcome.current === undefined ? { end: 'gone' } : { end: 'current', record: outcome.current };
  }

  /** We hold the successor of what was claimed: it is saved now, and its refresh token is not spent again. */
  private async saveKept({ prepared, record }: UnsavedGrant): Promise<RenewalResult> {
    const outcome = await this.parts.vault.saveRenewal(prepared);
    if (outcome.saved) return { end: 'current', record };
    return outcome.current === undefined ? { end: 'gone' } : { end: 'current', record: outcome.current };
  }

  private async failed(
    provider: ConfiguredProvider,
    record: OpenedRecord,
    owner: Buffer,
    error: OAuthProviderError,
  ): Promise<RenewalResult> {
    const { clock, settings, randomness, gate } = this.parts;
    const change = judge(provider, record, error, {
      now: clock.now(),
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
    const { vault, timers, clock } = this.parts;
    const settled = await repeated(timers, () => vault.settle(record, owner, change));
    if (!settled) {
      // Perhaps a lost race: then somebody's newer tokens are there, and nothing is dead. Or somebody signed out.
      const now = await vault.load(record.identity);
      if (now === undefined) return { end: 'gone' };
      if (!now.generation.equals(record.generation)) return { end: 'current', record: now };
      if (isHeld(now, clock.now())) return { end: 'busy', record: now };
    }
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
