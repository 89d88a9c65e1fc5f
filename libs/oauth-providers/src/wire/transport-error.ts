import { type ErrorOperation, OAuthProviderError } from '../core/errors.js';
import { HttpFailure } from '../core/ports.js';

/** There was no complete answer, as a typed error. */
export function transportError(
  provider: string,
  operation: ErrorOperation,
  error: unknown,
): OAuthProviderError {
  const failure = error instanceof HttpFailure ? error : undefined;
  return new OAuthProviderError({
    provider,
    operation,
    errorClass: failure?.reason === 'refused_address' ? 'invalid_client' : 'transient',
    reason: failure === undefined ? 'the call failed before an answer' : reasons[failure.reason],
    fate: failure?.sent === false ? 'not_sent' : 'unknown',
    cause: failure ?? undefined,
  });
}

const reasons: Readonly<Record<HttpFailure['reason'], string>> = {
  unreachable: 'the platform cannot be reached',
  timeout: 'the platform did not answer completely within the time limit',
  aborted: 'the call was aborted',
  reset: 'the connection was cut before the answer was complete',
  too_large: 'the answer is larger than the limit',
  refused_address: 'the address lies in a private network; set allowPrivateNetwork if that is intended',
  tls: 'no trustworthy TLS connection could be made',
};
