import { type ProviderContract } from '../core/contract.js';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthProviderError } from '../core/errors.js';
import { type LoginProfile, type TokenSet } from '../core/token-set.js';
import { type AppTokens } from '../refresh/app-tokens.js';
import { type IdTokenClaims, type IdTokenVerifier } from '../wire/id-token.js';
import { type ProfileReply, type TokenReply } from '../wire/fields.js';
import { type Wire } from '../wire/wire.js';
import { type LoginAttempt } from './attempt.js';

/** A finished login, as `resolveUser` gets it. Identity is (provider, client id, subject). */
export interface Login {
  readonly provider: string;
  readonly clientId: string;
  readonly subject: string;
  readonly profile: LoginProfile;
  /** What was granted, as far as the platform says. */
  readonly scope: readonly string[];
}

/** Keeps the tokens of a login. */
export interface LoginVault {
  save(provider: ConfiguredProvider, subject: string, tokens: TokenSet): Promise<void>;
}

/** Keeps the platforms' quotas. */
export interface LoginQuota {
  draw(provider: ConfiguredProvider, operation: 'exchange', purpose: 'login'): Promise<void>;
  exhausted(provider: ConfiguredProvider, operation: 'exchange'): void;
}

/** What happens between an authorization code and a user: exchange, id_token, profile, save. */
export class LoginFlow {
  constructor(
    private readonly wire: Wire,
    private readonly idTokens: IdTokenVerifier,
    private readonly appTokens: AppTokens,
    private readonly vault: LoginVault,
    private readonly quota: LoginQuota,
  ) {}

  /**
   * Exchanges the code, once: a failure is never answered by sending the code again.
   * @throws OAuthProviderError
   */
  async exchange(
    provider: ConfiguredProvider,
    code: string,
    inputs: { readonly redirectUri?: string; readonly codeVerifier?: string },
  ): Promise<TokenReply> {
    await this.quota.draw(provider, 'exchange', 'login');
    try {
      return await this.wire.tokens(provider, 'exchange', { code, ...inputs });
    } catch (error) {
      if (error instanceof OAuthProviderError && error.errorClass === 'throttled') {
        this.quota.exhausted(provider, 'exchange');
      }
      throw error;
    }
  }

  /**
   * Finds out who signed in and keeps the tokens. Nothing is stored unless all of it agrees.
   * @throws OAuthProviderError
   */
  async complete(provider: ConfiguredProvider, attempt: LoginAttempt, reply: TokenReply): Promise<Login> {
    const claims = await this.claims(provider, attempt, reply);
    const { operations } = provider.contract;
    const owner = operations.identity && (await this.ask(provider, 'identity', reply));
    const early = claims?.subject ?? reply.subject ?? owner?.subject;
    const info =
      operations.profile &&
      (await this.ask(provider, 'profile', reply, early).catch(unlessHandedIn(provider)));
    const subject = agreedSubject(provider, {
      idToken: claims?.subject,
      tokens: reply.subject,
      identity: owner?.subject,
      profile: info?.subject,
    });
    await this.vault.save(provider, subject, reply.tokens);
    return {
      provider: provider.name,
      clientId: provider.clientId,
      subject,
      scope: reply.tokens.scope,
      profile: {
        subject,
        displayName: info?.displayName ?? claims?.displayName ?? null,
        avatarUrl: info?.avatarUrl ?? claims?.avatarUrl ?? null,
        raw: { ...claims?.claims, ...owner?.raw, ...info?.raw },
      },
    };
  }

  private async claims(
    provider: ConfiguredProvider,
    attempt: LoginAttempt,
    reply: TokenReply,
  ): Promise<IdTokenClaims | undefined> {
    const rules = provider.contract.idToken;
    const { idToken, accessToken, scope } = reply.tokens;
    if (rules === undefined) return undefined;
    if (idToken === undefined) {
      if (scope.includes(rules.scope) || provider.contract.subjectFrom === 'idToken') {
        throw disagreement(provider, 'the platform sent no id_token');
      }
      return undefined;
    }
    return this.idTokens.verify(provider, rules, idToken, { accessToken, nonce: attempt.nonce });
  }

  /** The exchange has succeeded and cannot be repeated, so what fails by accident after it is asked again once. */
  private async ask(
    provider: ConfiguredProvider,
    operation: 'identity' | 'profile',
    reply: TokenReply,
    subject?: string,
  ): Promise<ProfileReply> {
    const inputs = { accessToken: reply.tokens.accessToken, ...(subject === undefined ? {} : { subject }) };
    const once = (): Promise<ProfileReply> =>
      this.appTokens.runWith(provider, operation, (appToken) =>
        this.wire[operation](provider, { ...inputs, ...(appToken === undefined ? {} : { appToken }) }),
      );
    return once().catch((error: unknown) => {
      if (error instanceof OAuthProviderError && error.errorClass === 'transient') return once();
      throw error;
    });
  }
}

/**
 * What a handed-in code was granted is not ours to choose: where the subject is known without the user info, one that
 * was not granted is simply not known.
 */
function unlessHandedIn({ contract }: ConfiguredProvider): (error: unknown) => ProfileReply {
  return (error) => {
    const known = contract.login.kind === 'handoff' && contract.subjectFrom !== 'profile';
    if (known && error instanceof OAuthProviderError && error.errorClass === 'insufficient_scope')
      return { raw: {} };
    throw error;
  };
}

/** The subject from where the contract says; every other place that names one has to agree. */
function agreedSubject(
  provider: ConfiguredProvider,
  sources: Readonly<Record<ProviderContract['subjectFrom'], string | undefined>>,
): string {
  const subject = sources[provider.contract.subjectFrom];
  if (subject === undefined || subject === '')
    throw disagreement(provider, 'the platform did not say who signed in');
  if (Object.values(sources).some((other) => other !== undefined && other !== subject)) {
    throw disagreement(provider, 'the platform named two different users in one login');
  }
  return subject;
}

function disagreement(provider: ConfiguredProvider, reason: string): OAuthProviderError {
  return new OAuthProviderError({
    provider: provider.name,
    operation: 'profile',
    errorClass: 'invalid_token',
    reason,
  });
}
