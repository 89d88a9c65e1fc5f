/** One login under way: what must come back with the browser to finish it. */
export interface LoginAttempt {
  /** The `state` parameter: at least 128 random bits, and when it was made. */
  readonly state: string;
  readonly provider: string;
  readonly clientId: string;
  /** PKCE code verifier (RFC 7636 §4.1). */
  readonly codeVerifier: string;
  /** OpenID Connect `nonce`. */
  readonly nonce: string;
  readonly returnTo: string | undefined;
  /** When it can no longer be finished, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Life of an attempt in milliseconds. */
export const attemptLifetime = 600_000;

/** The sealed content of an attempt's cookie; short names, because cookies travel with every request. */
interface AttemptContent {
  readonly p: string;
  readonly c: string;
  readonly v: string;
  readonly n: string;
  readonly r?: string;
  readonly e: number;
}

/** Writes what goes into the cookie. The state is not part of it: it is the cookie's name. */
export function encodeAttempt(attempt: LoginAttempt): string {
  const content: AttemptContent = {
    p: attempt.provider,
    c: attempt.clientId,
    v: attempt.codeVerifier,
    n: attempt.nonce,
    ...(attempt.returnTo === undefined ? {} : { r: attempt.returnTo }),
    e: attempt.expiresAt,
  };
  return JSON.stringify(content);
}

/** Reads an opened cookie. What was sealed by us is of the right shape. */
export function decodeAttempt(state: string, text: string): LoginAttempt {
  const content = JSON.parse(text) as AttemptContent;
  return {
    state,
    provider: content.p,
    clientId: content.c,
    codeVerifier: content.v,
    nonce: content.n,
    returnTo: content.r,
    expiresAt: content.e,
  };
}
