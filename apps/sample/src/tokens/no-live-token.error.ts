import { HttpException } from '@nestjs/common';
import { type OAuthProviderError, type TokenStatus } from 'nestjs-oauth-providers';

const retryAfterSeconds = 5;

/** There is no live token of the user: 409 when only a login helps, 503 when waiting may. */
export class NoLiveTokenError extends HttpException {
  /** Members of the problem besides the usual ones. */
  readonly members: Readonly<Record<string, string>>;
  readonly retryAfterSeconds: number | undefined;

  private constructor(status: 409 | 503, detail: string, error: OAuthProviderError, state: string) {
    super(detail, status);
    const { errorClass, provider, platformCode } = error;
    this.members = { errorClass, provider, state, ...(platformCode === undefined ? {} : { platformCode }) };
    this.retryAfterSeconds = status === 503 ? (error.retryAfterSeconds ?? retryAfterSeconds) : undefined;
  }

  /** Undefined when the token is not what was missing. */
  static from(error: OAuthProviderError, status: TokenStatus | undefined): NoLiveTokenError | undefined {
    const state = status?.state ?? 'needs_login';
    if (error.errorClass === 'invalid_grant') {
      return new NoLiveTokenError(409, 'Please sign in again at this platform.', error, state);
    }
    if (state === 'degraded' || state === 'in_doubt' || state === 'renewing') {
      return new NoLiveTokenError(503, 'There is no live token right now; try again soon.', error, state);
    }
    return undefined;
  }
}
