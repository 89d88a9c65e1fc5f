import { type CallbackRules, type RedirectLogin, type RequestSpec } from '../core/contract.js';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { type OAuthProviderError } from '../core/errors.js';
import { type Answer, firstText } from './answer.js';
import { refusalError } from './classify.js';
import { buildRequest, type Inputs } from './request.js';

/** Writes the authorization request (RFC 6749 §4.1.1) as the URL that the browser is sent to. */
export async function authorizationUrl(
  provider: ConfiguredProvider,
  login: RedirectLogin,
  inputs: Inputs,
): Promise<string> {
  const request = await buildRequest(provider, 'authorize', specOf(login), {
    clientId: provider.clientId,
    scope: provider.scope.join(login.scopeSeparator),
    ...inputs,
  });
  return `${request.url}${login.suffix ?? ''}`;
}

const specs = new WeakMap<RedirectLogin, RequestSpec>();

/** The authorization request as an operation like any other. */
function specOf(login: RedirectLogin): RequestSpec {
  const known = specs.get(login);
  if (known !== undefined) return known;
  const { authorizationUrl: url, params } = login;
  const made: RequestSpec = { method: 'GET', url, encoding: 'query', params };
  specs.set(login, made);
  return made;
}

/** Parameters of a callback, each exactly once; a repeated parameter is no parameter (RFC 6749 §3.1). */
export type CallbackParameters = Readonly<Record<string, string>>;

/** The authorization code of a callback, repaired where the contract says so. */
export function readCode(rules: CallbackRules, parameters: CallbackParameters): string | undefined {
  const code = rules.code.map((name) => parameters[name]).find((value) => value !== undefined);
  return rules.repairCode === 'space-to-plus' ? code?.replaceAll(' ', '+') : code;
}

/** Whether a callback says that the platform refused. */
export function isErrorCallback(rules: CallbackRules, parameters: CallbackParameters): boolean {
  return (rules.error.code ?? ['error']).some((name) => parameters[name] !== undefined);
}

/** The refusal of a callback as a typed error. Only to be believed after the state has been checked. */
export function callbackError(
  provider: ConfiguredProvider,
  rules: CallbackRules,
  parameters: CallbackParameters,
): OAuthProviderError {
  return refusalError(
    callbackAnswer(parameters),
    { error: rules.error, rules: rules.errors },
    {
      provider: provider.name,
      operation: 'authorize',
      secrets: Object.entries(parameters).flatMap(([name, value]) => (name === 'state' ? [value] : [])),
    },
  );
}

/** Whether the callback claims one of the platform's documented ways of saying that the user refused. */
export function claimsDenial(rules: CallbackRules, parameters: CallbackParameters): boolean {
  const code = firstText(callbackAnswer(parameters), undefined, rules.error.code);
  return rules.errors.some(
    (rule) => rule.class === 'access_denied' && code !== undefined && [rule.code ?? []].flat().includes(code),
  );
}

function callbackAnswer(parameters: CallbackParameters): Answer {
  return { status: 400, headers: {}, root: parameters, sentAt: 0, receivedAt: 0 };
}
