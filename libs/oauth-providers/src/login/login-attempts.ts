import { hash } from 'node:crypto';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthProviderError } from '../core/errors.js';
import { type Clock, type Randomness } from '../core/ports.js';
import { type Sealer } from '../vault/index.js';
import { attemptLifetime, decodeAttempt, encodeAttempt, type LoginAttempt } from './attempt.js';
import { type AttemptCookies, type CookieChange, stateTime } from './attempt-cookies.js';
import { LoginRefusedError } from './login-error.js';

/** Remembers for a while that an attempt was used. The promise resolves to true exactly once per state. */
export interface SpentMarks {
  spend(state: string, ttlMs: number): Promise<boolean>;
}

/** A new attempt and what the browser has to be told. */
export interface BegunAttempt {
  readonly attempt: LoginAttempt;
  readonly codeChallenge: string;
  readonly cookies: readonly CookieChange[];
}

/**
 * Begins and takes back login attempts. An attempt lives in a sealed cookie of the browser that began it, so
 * an anonymous visitor costs no write, any process can finish it and tabs cannot overwrite each other. That it
 * works once is what the mark in the store is for.
 */
export class LoginAttempts {
  constructor(
    private readonly sealer: Sealer,
    private readonly marks: SpentMarks,
    private readonly cookies: AttemptCookies,
    private readonly clock: Clock,
    private readonly randomness: Randomness,
  ) {}

  /** Begins an attempt for the browser that sent these cookies. */
  begin(
    provider: ConfiguredProvider,
    returnTo: string | undefined,
    present: Readonly<Record<string, string | undefined>>,
  ): BegunAttempt {
    const now = this.clock.now();
    const random = (size: number): string => this.randomness.bytes(size).toString('base64url');
    const attempt: LoginAttempt = {
      state: `${stateTime(now)}-${random(16)}`,
      provider: provider.name,
      clientId: provider.clientId,
      codeVerifier: random(32),
      nonce: random(16),
      returnTo,
      expiresAt: now + attemptLifetime,
    };
    const name = this.cookies.nameOf(attempt.state) ?? '';
    const value = this.sealer.sealText('attempt', [name], encodeAttempt(attempt));
    return {
      attempt,
      codeChallenge: hash('sha256', attempt.codeVerifier, 'base64url'),
      cookies: [...this.cookies.surplus(present), { name, value, maxAgeSeconds: attemptLifetime / 1000 }],
    };
  }

  /**
   * The attempt that a callback with this state belongs to.
   * @throws LoginRefusedError when this browser has no such attempt with this provider, or it has expired
   */
  find(
    provider: ConfiguredProvider,
    state: string | undefined,
    present: Readonly<Record<string, string | undefined>>,
  ): LoginAttempt {
    if (state === undefined) throw new LoginRefusedError(provider.name, 'the state is missing');
    const name = this.cookies.nameOf(state);
    const sealed = name === undefined ? undefined : present[name];
    if (name === undefined || sealed === undefined) {
      throw new LoginRefusedError(provider.name, 'this browser began no login with this state');
    }
    const attempt = this.open(provider, state, name, sealed);
    if (attempt.provider !== provider.name || attempt.clientId !== provider.clientId) {
      throw new LoginRefusedError(provider.name, 'the login was begun with another provider');
    }
    if (attempt.expiresAt <= this.clock.now()) {
      throw new LoginRefusedError(provider.name, 'the login took longer than ten minutes');
    }
    return attempt;
  }

  /** Whether the browser sent the cookie of this state, whatever is in it. */
  isPresent(state: string, present: Readonly<Record<string, string | undefined>>): boolean {
    const name = this.cookies.nameOf(state);
    return name !== undefined && present[name] !== undefined;
  }

  /**
   * Uses the attempt up. Fails closed: without the store's word nobody gets in.
   * @throws LoginRefusedError when it was used before
   */
  async spend(attempt: LoginAttempt): Promise<void> {
    // The cookie opens until it expires, so the mark has to outlive it.
    const ttl = Math.max(attempt.expiresAt - this.clock.now(), 0) + 60_000;
    const first = await this.marks.spend(attempt.state, ttl).catch((error: unknown) => {
      throw new OAuthProviderError({
        provider: attempt.provider,
        operation: 'store',
        errorClass: 'transient',
        reason: 'the store could not record that the login attempt was used',
        cause: error,
      });
    });
    if (!first) throw new LoginRefusedError(attempt.provider, 'this login attempt was used before');
  }

  /** The change that takes the attempt's cookie away. */
  forget(attempt: LoginAttempt): CookieChange {
    return { name: this.cookies.nameOf(attempt.state) ?? '', value: undefined, maxAgeSeconds: 0 };
  }

  private open(provider: ConfiguredProvider, state: string, name: string, sealed: string): LoginAttempt {
    try {
      return decodeAttempt(state, this.sealer.openText('attempt', [name], sealed));
    } catch {
      throw new LoginRefusedError(provider.name, 'the login attempt cannot be opened');
    }
  }
}
