import { type CallbackRules } from '../core/contract.js';
import {
  callbackError,
  type CallbackParameters,
  claimsDenial,
  isErrorCallback,
  readCode,
} from '../wire/authorization.js';
import { type LoginAttempt } from './attempt.js';
import { type HttpExchange } from './http-exchange.js';
import { LoginRefusedError } from './login-error.js';
import { type LoginContext, type LoginProvider } from './login-provider.js';

/** A callback that has been checked: the attempt is spent, the code may be exchanged. */
export interface AcceptedCallback {
  readonly attempt: LoginAttempt;
  readonly code: string;
}

/**
 * Checks a callback in the only safe order: the attempt first, since nothing of a callback can be believed
 * before its state is known to be this browser's; then the issuer, then what the platform says.
 *
 * @throws OAuthProviderError for everything but an acceptable code
 */
export async function acceptCallback(
  context: LoginContext,
  target: LoginProvider,
  rules: CallbackRules,
  exchange: HttpExchange,
  parameters: CallbackParameters,
): Promise<AcceptedCallback> {
  const { provider } = target;
  const isError = isErrorCallback(rules, parameters);
  const attempt = findAttempt(context, target, rules, exchange, parameters);
  exchange.setCookies([context.attempts.forget(attempt)]);
  await context.attempts.spend(attempt);
  checkIssuer(target, rules, parameters);
  if (isError) throw callbackError(provider, rules, parameters);
  const code = readCode(rules, parameters);
  if (code === undefined || code === '') throw new LoginRefusedError(provider.name, 'the code is missing');
  return { attempt, code };
}

function findAttempt(
  context: LoginContext,
  target: LoginProvider,
  rules: CallbackRules,
  exchange: HttpExchange,
  parameters: CallbackParameters,
): LoginAttempt {
  try {
    return context.attempts.find(target.provider, parameters['state'], exchange.cookies);
  } catch (error) {
    if (!(error instanceof LoginRefusedError) || !isErrorCallback(rules, parameters)) throw error;
    throw new LoginRefusedError(target.provider.name, 'an error without a login attempt is not believed', {
      unproven: claimsDenial(rules, parameters) ? 'cancelled' : 'not_completed',
    });
  }
}

/** RFC 9207: the answer must come from the server that was asked. */
function checkIssuer(target: LoginProvider, rules: CallbackRules, parameters: CallbackParameters): void {
  const claimed = parameters['iss'];
  const expected = rules.issuer;
  if (expected === undefined) return;
  if (claimed === undefined ? expected.presence === 'required' : claimed !== expected.value) {
    throw new LoginRefusedError(
      target.provider.name,
      'the answer does not come from the expected issuer (iss)',
    );
  }
}
