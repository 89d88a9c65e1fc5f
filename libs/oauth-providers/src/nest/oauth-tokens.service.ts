import { Inject, Injectable } from '@nestjs/common';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { type ErrorClass, OAuthConfigurationError, OAuthProviderError } from '../core/errors.js';
import { type Secret } from '../core/secret.js';
import { causeOf, type Cause } from '../refresh/cause.js';
import { RenewalEngine } from '../refresh/engine.js';
import { type TokenRequest } from '../refresh/live-tokens.js';
import { type LiveToken, liveToken, type UserShelf } from '../refresh/token-cache.js';
import {
  type OpenedRecord,
  type OwnerName,
  type RecordIdentity,
  type RecordState,
  Vault,
} from '../vault/index.js';
import { type Introspection } from '../wire/fields.js';
import { Wire } from '../wire/wire.js';
import { ProviderRegistry } from './provider-registry.js';

export { type LiveToken };

/** How a record fares, without its tokens. Times are milliseconds since the epoch, or null. */
export interface TokenStatus {
  readonly provider: string;
  readonly kind: 'user' | 'app' | 'ticket';
  readonly state: RecordState | 'renewing' | 'due';
  readonly cause: {
    readonly errorClass: ErrorClass;
    readonly reason: string;
    readonly platformCode?: string;
  } | null;
  readonly expiresAt: number;
  readonly refreshExpiresAt: number | null;
  readonly renewsAt: number | null;
  readonly failures: number;
}

/** Whose token is meant. */
export type TokenTarget =
  | { readonly kind: 'user'; readonly subject: string }
  | { readonly kind: 'app'; readonly tenant?: string }
  | { readonly kind: 'ticket'; readonly type: string };

/** Live tokens for the application's own code. Providers are named as in the module's options. */
@Injectable()
export class OAuthTokens {
  /** What is cached of the users of each provider that was resolved once. */
  private readonly shelves = new Map<string, UserShelf>();

  constructor(
    @Inject(ProviderRegistry) private readonly registry: ProviderRegistry,
    @Inject(RenewalEngine) private readonly engine: RenewalEngine,
    @Inject(Vault) private readonly vault: Vault,
    @Inject(Wire) private readonly wire: Wire,
  ) {}

  /**
   * A live token of a user.
   * @throws OAuthProviderError `invalid_grant` when only a new login brings one; `transient` or `throttled` when
   * there is none right now
   */
  forUser(provider: string, subject: string, request?: TokenRequest): Promise<LiveToken> {
    if (request?.rejected === undefined) {
      const cached = this.shelves.get(provider)?.get(subject);
      if (cached !== undefined) return Promise.resolve(cached);
    }
    return this.live(provider, { kind: 'user', subject }, request);
  }

  /**
   * A live token of the application itself (client credentials, service token, server token).
   * @throws OAuthProviderError when the platform gives none
   */
  forApp(provider: string, request: TokenRequest & { readonly tenant?: string } = {}): Promise<LiveToken> {
    const { tenant, ...rest } = request;
    return this.live(provider, { kind: 'app', ...(tenant === undefined ? {} : { tenant }) }, rest);
  }

  /**
   * A live ticket, such as a `js_ticket`.
   * @throws OAuthProviderError when the platform gives none
   */
  ticket(provider: string, type: string, request: TokenRequest = {}): Promise<LiveToken> {
    return this.live(provider, { kind: 'ticket', type }, request);
  }

  /**
   * The platform's own user info, with a live token. A token that the platform rejects is renewed once, and the
   * call made once more.
   * @throws OAuthProviderError
   */
  async profile(provider: string, subject: string): Promise<Readonly<Record<string, unknown>>> {
    const { configured, identity } = await this.find(provider, { kind: 'user', subject });
    const ask = async (
      rejected?: Secret,
    ): Promise<{ raw: Readonly<Record<string, unknown>>; used: Secret }> => {
      const { tokens } = await this.engine.live.get(
        configured,
        identity,
        rejected === undefined ? {} : { rejected },
      );
      const used = tokens.accessToken;
      const { raw } = await this.engine.apps
        .runWith(configured, 'profile', (appToken) =>
          this.wire.profile(configured, {
            accessToken: used,
            subject,
            ...(appToken === undefined ? {} : { appToken }),
          }),
        )
        .catch((error: unknown) => {
          throw error instanceof OAuthProviderError ? new RejectedCall(error, used) : error;
        });
      return { raw, used };
    };
    try {
      return (await ask()).raw;
    } catch (error) {
      if (!(error instanceof RejectedCall)) throw error;
      // Where the app token is what is sent, it has been replaced and tried again already.
      const again =
        error.reason.errorClass === 'invalid_token' && !this.wire.needsAppToken(configured, 'profile');
      if (!again) throw error.reason;
      return (await ask(error.used).catch(reasonOf)).raw;
    }
  }

  /**
   * Asks the platform whether a stored token is valid: what it says of it, or false.
   * @throws OAuthProviderError for every failure but "not valid"
   */
  async introspect(provider: string, target: TokenTarget): Promise<Introspection | false> {
    const { configured, identity } = await this.find(provider, target);
    const { tokens } = await this.engine.live.get(configured, identity);
    const answer = await this.wire.introspect(configured, {
      token: tokens.accessToken,
      tokenType: target.kind === 'ticket' ? target.type : 'access_token',
      ...(target.kind === 'user' ? { subject: target.subject } : {}),
    });
    return answer.active ? answer : false;
  }

  /**
   * Ends a user's grant: at the platform where it can, and here in any case. The record says `revoked` until the
   * next login.
   * @throws OAuthProviderError when the platform could not be told; the record is revoked all the same
   */
  async revoke(provider: string, subject: string): Promise<void> {
    const { configured, identity } = await this.find(provider, { kind: 'user', subject });
    const record = await this.vault.load(identity);
    if (record === undefined) return;
    await this.retire(identity, record);
    if (!this.wire.offers(configured, 'revoke')) return;
    await this.wire.revoke(configured, { token: record.tokens.refreshToken ?? record.tokens.accessToken });
  }

  /** Renews now what can be renewed, and says how the record fares. */
  async refreshNow(provider: string, target: TokenTarget): Promise<TokenStatus | undefined> {
    const { configured, identity } = await this.find(provider, target);
    const record = await this.vault.load(identity);
    if (record === undefined) return undefined;
    await this.engine.live.renew(configured, identity, record.tokens.accessToken);
    return this.status(provider, target);
  }

  /** How a record fares; undefined when there is none. */
  async status(provider: string, target: TokenTarget): Promise<TokenStatus | undefined> {
    const { identity } = await this.find(provider, target);
    const record = await this.vault.load(identity);
    return record === undefined ? undefined : statusOf(record, this.vault.clock.now());
  }

  /** How all records of one user fare, of all providers; `owner` as in `Vault.list`. */
  async list(owner: OwnerName): Promise<TokenStatus[]> {
    const now = this.vault.clock.now();
    const statuses: TokenStatus[] = [];
    let after: Buffer | undefined;
    do {
      const page = await this.vault.list(owner, 100, after);
      statuses.push(...page.records.map((record) => statusOf(record, now)));
      after = page.next;
    } while (after !== undefined);
    return statuses;
  }

  private async live(provider: string, target: TokenTarget, request?: TokenRequest): Promise<LiveToken> {
    const configured = this.registry.known(provider) ?? (await this.look(provider));
    if (!this.shelves.has(provider)) this.shelves.set(provider, this.engine.live.usersOf(configured));
    return liveToken(await this.engine.live.get(configured, identityOf(configured, target), request));
  }

  /**
   * Empties the record under a new generation, so that whatever is being renewed right now comes home too late, and
   * marks it revoked. Only a login brings it back.
   */
  private async retire(identity: RecordIdentity, found: OpenedRecord): Promise<void> {
    let record = found;
    for (;;) {
      const { accessToken, scope } = record.tokens;
      const ended = { accessToken, scope, expiresAt: this.vault.clock.now() };
      const prepared = this.vault.prepareRenewal(record, ended);
      const outcome = await this.vault.saveRenewal(prepared);
      this.engine.live.forget(identity);
      if (outcome.saved) {
        record = { ...record, tokens: ended, generation: prepared.write.generation };
        if (await this.vault.settle(record, null, revoked)) return;
      }
      const current = outcome.saved ? await this.vault.load(identity) : outcome.current;
      if (current === undefined || current.state === 'revoked') return;
      record = current;
    }
  }

  private async find(
    provider: string,
    target: TokenTarget,
  ): Promise<{ configured: ConfiguredProvider; identity: RecordIdentity }> {
    const configured = await this.look(provider);
    return { configured, identity: identityOf(configured, target) };
  }

  private async look(provider: string): Promise<ConfiguredProvider> {
    const configured = await this.registry.resolve(provider);
    if (configured !== undefined) return configured;
    throw new OAuthConfigurationError(
      `There is no provider called ${provider}; name one of the module's providers.`,
    );
  }
}

function identityOf({ name: provider, clientId }: ConfiguredProvider, target: TokenTarget): RecordIdentity {
  // Written out: this is on the way of every read, and spreading a target costs more than the rest of it.
  if (target.kind === 'user') return { kind: 'user', provider, clientId, subject: target.subject };
  return { ...target, provider, clientId };
}

const revoked = {
  state: 'revoked',
  cause: causeOf('revoked'),
  failures: 0,
  refusals: 0,
  refusedSince: null,
  dueAt: null,
  spending: 'clear',
} as const;

/** A call that the platform refused, with the token it was made with. */
class RejectedCall extends Error {
  constructor(
    readonly reason: OAuthProviderError,
    readonly used: Secret,
  ) {
    super(reason.message);
  }
}

function reasonOf(error: unknown): never {
  throw error instanceof RejectedCall ? error.reason : error;
}

/** What may be shown of a record. */
export function statusOf(record: OpenedRecord, now: number): TokenStatus {
  const { identity, tokens, dueAt, leasedUntil } = record;
  const cause = record.cause as Cause | null;
  const renewing = leasedUntil !== null && leasedUntil > now;
  const waiting = record.state === 'fresh' && dueAt !== null && dueAt <= now;
  return {
    provider: identity.provider,
    kind: identity.kind,
    state: renewing ? 'renewing' : waiting ? 'due' : record.state,
    cause,
    expiresAt: tokens.expiresAt,
    refreshExpiresAt: tokens.refreshExpiresAt ?? null,
    renewsAt: dueAt,
    failures: record.failures,
  };
}
