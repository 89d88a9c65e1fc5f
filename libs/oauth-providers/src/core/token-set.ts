import { type Secret } from './secret.js';

/** What a token endpoint gave us, in one vocabulary for all platforms. Times are milliseconds since the epoch. */
export interface TokenSet {
  readonly accessToken: Secret;
  /** As the platform named it; absent where the platform has no such field. */
  readonly tokenType?: string;
  /** When the request for it was sent: with the expiry it tells how long the access token lives. */
  readonly issuedAt?: number;
  /** When the access token dies, counted from when the request was sent. */
  readonly expiresAt: number;
  readonly refreshToken?: Secret;
  /** When the refresh token dies; absent where the platform does not say. */
  readonly refreshExpiresAt?: number;
  /** The raw id_token, verified before it got here. */
  readonly idToken?: Secret;
  /** What was granted, as far as the platform says; else what was asked for. */
  readonly scope: readonly string[];
}

/** Who signed in, as the platform itself says. */
export interface LoginProfile {
  /** The platform's own identifier of the user, unchanged. */
  readonly subject: string;
  readonly displayName: string | null;
  readonly avatarUrl: string | null;
  /**
   * Everything the platform told about the user, under its own names. It can hold personal data such as a
   * phone number: keep what you need and let the rest go.
   */
  readonly raw: Readonly<Record<string, unknown>>;
}
