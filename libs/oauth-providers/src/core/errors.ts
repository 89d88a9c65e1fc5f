/**
 * What went wrong, in classes that call for different reactions:
 * `access_denied` the user said no · `invalid_grant` the code or refresh token is dead, sign in again ·
 * `invalid_token` an access token is dead · `invalid_client` our credentials or settings are wrong ·
 * `invalid_request` the request itself is wrong · `insufficient_scope` more permission is needed ·
 * `throttled` too many calls · `transient` try again later · `unknown` a refusal nobody documented.
 */
export const errorClasses = [
  'access_denied',
  'invalid_grant',
  'invalid_token',
  'invalid_client',
  'invalid_request',
  'insufficient_scope',
  'throttled',
  'transient',
  'unknown',
] as const;

/** One of {@link errorClasses}. */
export type ErrorClass = (typeof errorClasses)[number];

/** Where in the product a failure happened; part of every message. */
export type ErrorOperation =
  | 'authorize'
  | 'callback'
  | 'exchange'
  | 'refresh'
  | 'appToken'
  | 'ticket'
  | 'identity'
  | 'profile'
  | 'renewRefreshToken'
  | 'introspect'
  | 'revoke'
  | 'idToken'
  | 'jwks'
  | 'discovery'
  | 'store';

/**
 * What became of a failed request: `not_sent` no byte of it left · `not_processed` the platform said that it did
 * not do it (busy, gateway) · `refused` it was understood and refused · `unknown` it may have been done.
 */
export type RequestFate = 'not_sent' | 'not_processed' | 'refused' | 'unknown';

/** What an {@link OAuthProviderError} is made of. */
export interface OAuthProviderErrorDetails {
  readonly errorClass: ErrorClass;
  readonly provider: string;
  readonly operation: ErrorOperation;
  /** One sentence for the operator: what happened. Never token material, never free text of a platform. */
  readonly reason: string;
  /** The platform's own error code, as a string. */
  readonly platformCode?: string | undefined;
  /** The platform's second error code, where it has one (Huawei's `sub_error`). */
  readonly platformSubCode?: string | undefined;
  /** The platform's own words, with everything secret of the request taken out. */
  readonly platformMessage?: string | undefined;
  /** HTTP status of the platform's answer, where there was one. */
  readonly httpStatus?: number | undefined;
  /** When the platform asked to come back, in seconds. */
  readonly retryAfterSeconds?: number | undefined;
  /** What became of the request at the platform. @defaultValue 'refused' */
  readonly fate?: RequestFate | undefined;
  readonly cause?: unknown;
}

/**
 * Any failure between us and a platform. It can be logged as it is: it holds the platform's codes and our
 * explanation, never a token, code or secret.
 */
export class OAuthProviderError extends Error {
  override readonly name: string = 'OAuthProviderError';
  readonly errorClass: ErrorClass;
  readonly provider: string;
  readonly operation: ErrorOperation;
  readonly platformCode: string | undefined;
  readonly platformSubCode: string | undefined;
  readonly platformMessage: string | undefined;
  readonly httpStatus: number | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly fate: RequestFate;

  constructor(details: OAuthProviderErrorDetails) {
    super(messageOf(details), details.cause === undefined ? undefined : { cause: details.cause });
    this.errorClass = details.errorClass;
    this.provider = details.provider;
    this.operation = details.operation;
    this.platformCode = details.platformCode;
    this.platformSubCode = details.platformSubCode;
    this.platformMessage = details.platformMessage;
    this.httpStatus = details.httpStatus;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.fate = details.fate ?? 'refused';
  }

  /** Whether the same call may succeed later without anybody changing anything. */
  get retryable(): boolean {
    return this.errorClass === 'transient' || this.errorClass === 'throttled';
  }

  toJSON(): Record<string, unknown> {
    return {
      name: this.name,
      message: this.message,
      errorClass: this.errorClass,
      provider: this.provider,
      operation: this.operation,
      platformCode: this.platformCode,
      platformSubCode: this.platformSubCode,
      platformMessage: this.platformMessage,
      httpStatus: this.httpStatus,
      retryAfterSeconds: this.retryAfterSeconds,
    };
  }
}

function messageOf(details: OAuthProviderErrorDetails): string {
  const codes = [details.platformCode, details.platformSubCode]
    .filter((code) => code !== undefined)
    .join('/');
  const platform = codes === '' ? '' : `, platform code ${codes}`;
  return `${details.provider} ${details.operation}: ${details.reason} (${details.errorClass}${platform})`;
}

/** A setting is wrong. The message names the path of the setting and what to do; it stops the start. */
export class OAuthConfigurationError extends Error {
  override readonly name = 'OAuthConfigurationError';
}
