import {
  type Condition,
  type ErrorFields,
  type ErrorRule,
  input,
  type NoFields,
  type Operation,
  type Operations,
  optionalInput,
  type Param,
  type RedirectLogin,
  type RenewalRules,
  type RequestSpec,
  type TokenFields,
} from '../core/contract.js';
import { OAuthConfigurationError } from '../core/errors.js';
import { scopePattern } from '../core/plain-options.js';

/** Where RFC 6749 §4.1.2.1 and §5.2 put errors. */
export const standardError: ErrorFields = { code: ['error'], message: ['error_description'] };

/** The error codes of RFC 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, OpenID Connect Core §3.1.2.6. */
export const standardErrors: readonly ErrorRule[] = [
  { code: ['access_denied', 'consent_required', 'login_required'], class: 'access_denied' },
  { code: ['interaction_required', 'account_selection_required'], class: 'access_denied' },
  { code: 'invalid_grant', class: 'invalid_grant' },
  { code: 'invalid_token', class: 'invalid_token' },
  { code: ['invalid_client', 'unauthorized_client'], class: 'invalid_client' },
  {
    code: ['invalid_request', 'unsupported_grant_type', 'unsupported_response_type'],
    class: 'invalid_request',
  },
  { code: ['invalid_scope', 'insufficient_scope'], class: 'insufficient_scope' },
  { code: ['server_error', 'temporarily_unavailable'], class: 'transient' },
  { code: 'slow_down', class: 'throttled' },
];

/** The token reply of RFC 6749 §5.1 where the client itself asks: §4.4.3 has no refresh token. */
const appTokenFields: TokenFields = {
  accessToken: ['access_token'],
  tokenType: ['token_type'],
  expires: [{ path: 'expires_in', unit: 'seconds' }],
  defaultLifetime: 3600,
  scope: { path: 'scope', separator: ' ' },
};

/**
 * The reply to a refresh (RFC 6749 §6). OpenID Connect Core §12.2 allows an id_token in it; who the user is was
 * proved at the login, so it is not read, and nothing in it can go wrong.
 */
const refreshedFields: TokenFields = { ...appTokenFields, refreshToken: ['refresh_token'] };

/** The reply to a code: RFC 6749 §5.1 with the id_token of OpenID Connect Core §3.1.3.3. */
const exchangedFields: TokenFields = { ...refreshedFields, idToken: ['id_token'] };

/**
 * What a refresh does at a server nobody knows (RFC 6749 §6, RFC 9700 §4.14.2): a new refresh token may come, and
 * then the old one dies, and using it again may end the whole grant. So after a lost answer it is tried once more
 * only when there is nothing left to lose.
 */
export const standardRenewal: RenewalRules = { policy: 'rotate-or-keep', lostReply: 'retry-late' };

/** How a client proves itself at the token endpoint and at the one for revocation (OpenID Connect Core §9). */
export type ClientAuthentication = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'none';

const ownParameters = new Set([
  'response_type',
  'client_id',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'response_mode',
]);

/** What an authorization request by the book is made of. */
export interface StandardLogin {
  readonly authorizationUrl: string;
  readonly scopeSeparator: string;
  readonly responseMode: 'query' | 'form_post';
  readonly withNonce: boolean;
  readonly issuer: { readonly value: string; readonly presence: 'if-present' | 'required' } | undefined;
  /** Parameters of the application's own; those of the protocol cannot be overridden. */
  readonly extra: Readonly<Record<string, string>>;
}

/** The authorization request of RFC 6749 §4.1.1 with PKCE (RFC 7636). */
export function standardLogin(options: StandardLogin): RedirectLogin {
  const extra = Object.entries(options.extra).filter(([name]) => !ownParameters.has(name));
  const params: Record<string, Param> = {
    response_type: 'code',
    client_id: input('clientId'),
    redirect_uri: input('redirectUri'),
    scope: input('scope'),
    state: input('state'),
    ...(options.withNonce ? { nonce: input('nonce') } : {}),
    code_challenge: optionalInput('codeChallenge'),
    code_challenge_method: optionalInput('codeChallengeMethod'),
    ...(options.responseMode === 'form_post' ? { response_mode: 'form_post' } : {}),
    ...Object.fromEntries(extra),
  };
  return {
    kind: 'redirect',
    authorizationUrl: options.authorizationUrl,
    params,
    scopeSeparator: options.scopeSeparator,
    pkce: 'S256',
    responseMode: options.responseMode,
    callback: {
      code: ['code'],
      error: standardError,
      errors: standardErrors,
      ...(options.issuer === undefined ? {} : { issuer: options.issuer }),
    },
    // RFC 6749 §4.1.2 recommends at most ten minutes.
    codeLifetime: 600,
  };
}

/** A token endpoint by the book. */
export interface TokenEndpoint {
  readonly url: string;
  readonly authentication: ClientAuthentication;
  /** What the reply to a code must have. */
  readonly exchanged: Condition;
  /** The scope of the application's own token, written out; without one the server decides. */
  readonly appScope: string | undefined;
}

/**
 * The calls to a token endpoint: the code (RFC 6749 §4.1.3), the refresh (§6) and, for a client that can prove who
 * it is, the token of the application itself (§4.4).
 */
export function standardTokens(
  endpoint: TokenEndpoint,
): Pick<Operations, 'exchange' | 'refresh' | 'appToken'> {
  const { url, authentication, exchanged, appScope } = endpoint;
  const operation = (
    params: Readonly<Record<string, Param>>,
    fields: TokenFields,
    success: Condition = standardTokenSuccess,
  ): Operation<TokenFields> => ({
    request: clientRequest(url, authentication, params),
    reply: { decode: 'json', success, fields, error: standardError },
    errors: standardErrors,
  });
  return {
    exchange: operation(
      {
        grant_type: 'authorization_code',
        code: input('code'),
        redirect_uri: input('redirectUri'),
        code_verifier: optionalInput('codeVerifier'),
      },
      exchangedFields,
      exchanged,
    ),
    // Without a scope the one that was granted stays as it is.
    refresh: operation(
      { grant_type: 'refresh_token', refresh_token: input('refreshToken') },
      refreshedFields,
    ),
    ...(authentication === 'none'
      ? {}
      : {
          appToken: operation(
            {
              grant_type: 'client_credentials',
              ...(appScope === undefined ? {} : { scope: appScope }),
            },
            appTokenFields,
          ),
        }),
  };
}

/** What makes a reply a token: to be stricter than this with a refresh would throw away a token that has been spent for it. */
export const standardTokenSuccess: Condition = { all: [{ present: 'access_token' }, { absent: 'error' }] };

/** Revocation (RFC 7009). No hint is given: the server finds the token without one, too (§2.1). */
export function standardRevocation(url: string, authentication: ClientAuthentication): Operation<NoFields> {
  return {
    request: clientRequest(url, authentication, { token: input('token') }),
    reply: { decode: 'json', success: { absent: 'error' }, fields: {}, error: standardError },
    errors: [
      ...standardErrors,
      { code: 'unsupported_token_type', class: 'invalid_request' },
      // §2.2: the status alone says that the token is no more; servers send nothing with it, or anything.
      { status: [200, 204], class: 'invalid_token' },
    ],
  };
}

/**
 * The scope of the application's own token as it is sent.
 * @throws OAuthConfigurationError when something in it is no scope token
 */
export function writtenScope(
  provider: string,
  scope: readonly string[] | undefined,
  separator = ' ',
): string | undefined {
  const wrong = scope?.findIndex((token) => !scopePattern.test(token)) ?? -1;
  if (wrong >= 0) {
    throw new OAuthConfigurationError(
      `The options of the provider ${provider} are not valid. appScope.${wrong}: must be scope tokens without blanks (RFC 6749 §3.3).`,
    );
  }
  return scope === undefined || scope.length === 0 ? undefined : scope.join(separator);
}

/** A request in which the client proves who it is (RFC 6749 §2.3, RFC 7523 §2.2). */
function clientRequest(
  url: string,
  authentication: ClientAuthentication,
  params: Readonly<Record<string, Param>>,
): RequestSpec {
  const basic = authentication === 'client_secret_basic';
  return {
    method: 'POST',
    url,
    encoding: 'form',
    params: {
      ...params,
      ...(basic ? {} : { client_id: input('clientId') }),
      ...(authentication === 'client_secret_post' ? { client_secret: input('clientSecret') } : {}),
    },
    ...(basic || authentication === 'private_key_jwt' ? { sign: [authentication] } : {}),
  };
}
