import {
  type ErrorFields,
  type ErrorRule,
  input,
  optionalInput,
  type Param,
  type RedirectLogin,
  type RequestSpec,
  type TokenFields,
} from '../core/contract.js';

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

/** The token reply of RFC 6749 §5.1, with the id_token of OpenID Connect Core §3.1.3.3. */
export const standardTokenFields: TokenFields = {
  accessToken: ['access_token'],
  tokenType: ['token_type'],
  expires: [{ path: 'expires_in', unit: 'seconds' }],
  defaultLifetime: 3600,
  refreshToken: ['refresh_token'],
  idToken: ['id_token'],
  scope: { path: 'scope', separator: ' ' },
};

/** How a client proves itself at the token endpoint (OpenID Connect Core §9). */
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

/** The token request of RFC 6749 §4.1.3. */
export function standardExchange(url: string, authentication: ClientAuthentication): RequestSpec {
  const basic = authentication === 'client_secret_basic';
  return {
    method: 'POST',
    url,
    encoding: 'form',
    params: {
      grant_type: 'authorization_code',
      code: input('code'),
      redirect_uri: input('redirectUri'),
      code_verifier: optionalInput('codeVerifier'),
      ...(basic ? {} : { client_id: input('clientId') }),
      ...(authentication === 'client_secret_post' ? { client_secret: input('clientSecret') } : {}),
    },
    ...(basic || authentication === 'private_key_jwt' ? { sign: [authentication] } : {}),
  };
}
