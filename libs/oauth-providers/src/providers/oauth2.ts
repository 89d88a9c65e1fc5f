import { type ProviderContract } from '../core/contract.js';
import { assertContract } from '../core/assert-contract.js';
import {
  type CommonProviderOptions,
  configureProvider,
  type ConfiguredProvider,
} from '../core/define-provider.js';
import { isText, isWebUrl, namePattern } from '../core/plain-options.js';
import {
  type ClientAuthentication,
  standardError,
  standardErrors,
  standardLogin,
  standardRenewal,
  standardRevocation,
  standardTokens,
  standardTokenSuccess,
  writtenScope,
} from './rfc6749.js';

/** Options of {@link oauth2}. */
export interface OAuth2Options extends CommonProviderOptions {
  readonly name: string;
  /** What people see. @defaultValue the name */
  readonly title?: { readonly en: string; readonly zh: string };
  readonly authorizationUrl: string;
  readonly tokenUrl: string;
  /** Where tokens are ended (RFC 7009), with the same client authentication. @defaultValue they are ended here only */
  readonly revocationUrl?: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  /** @defaultValue `client_secret_basic` with a secret, else `none` */
  readonly clientAuthentication?: ClientAuthentication;
  /** @defaultValue a blank, as RFC 6749 §3.3 has it */
  readonly scopeSeparator?: string;
  /** Scopes of the application's own token (RFC 6749 §4.4.2). @defaultValue none, so the server decides */
  readonly appScope?: readonly string[];
  /** @defaultValue 'query' */
  readonly responseMode?: 'query' | 'form_post';
  /** Parameters added to the authorization request; those of the protocol cannot be overridden. */
  readonly authorizationParams?: Readonly<Record<string, string>>;
  /** Who the user is: an endpoint that takes the bearer token, and the names of its fields. */
  readonly profile: {
    readonly url: string;
    readonly subject: string;
    readonly displayName?: string;
    readonly avatarUrl?: string;
  };
}

/**
 * Any server that speaks OAuth 2 by the book (RFC 6749, PKCE) and tells who the user is at a URL of its own. Tokens
 * that came with a refresh token are renewed (§6); a client that can prove who it is has a token of its own (§4.4).
 * @throws OAuthConfigurationError when an option is not valid; the message names it
 */
export function oauth2(options: OAuth2Options): ConfiguredProvider {
  const { name, clientSecret, profile, authorizationUrl, tokenUrl, ...rest } = options;
  const { title, scopeSeparator = ' ', responseMode, authorizationParams, ...others } = rest;
  const { clientAuthentication, revocationUrl, appScope, ...common } = others;
  const authentication =
    clientAuthentication ?? (clientSecret === undefined ? 'none' : 'client_secret_basic');
  const contract: ProviderContract = {
    name,
    title: title ?? { en: name, zh: name },
    credentials: { id: 'clientId', secret: clientSecret === undefined ? null : 'clientSecret' },
    defaultScope: [],
    subjectFrom: 'profile',
    renewal: standardRenewal,
    login: standardLogin({
      authorizationUrl,
      scopeSeparator,
      responseMode: responseMode ?? 'query',
      withNonce: false,
      issuer: undefined,
      extra: authorizationParams ?? {},
    }),
    operations: {
      ...standardTokens({
        url: tokenUrl,
        authentication,
        exchanged: standardTokenSuccess,
        appScope: writtenScope(name, appScope, scopeSeparator),
      }),
      ...(revocationUrl === undefined ? {} : { revoke: standardRevocation(revocationUrl, authentication) }),
      profile: {
        request: { method: 'GET', url: profile.url, encoding: 'query', params: {}, bearer: 'accessToken' },
        reply: {
          decode: 'json',
          success: { present: profile.subject },
          fields: {
            subject: [profile.subject],
            ...(profile.displayName === undefined ? {} : { displayName: [profile.displayName] }),
            ...(profile.avatarUrl === undefined ? {} : { avatarUrl: [profile.avatarUrl] }),
          },
          error: standardError,
        },
        errors: [
          ...standardErrors,
          { status: 401, class: 'invalid_token' },
          { status: 403, class: 'insufficient_scope' },
        ],
      },
    },
  };
  if (!isPlain(options)) assertContract(contract);
  const credentials = { clientId: common.clientId, ...(clientSecret === undefined ? {} : { clientSecret }) };
  return configureProvider(contract, { ...common, ...credentials }, common.baseUrl ?? tokenUrl);
}

/**
 * Whether all that an application puts into the contract is plainly right, so that the schema, which takes long to load,
 * would find nothing wrong; where it says no, the schema decides.
 */
function isPlain(options: OAuth2Options): boolean {
  const {
    name,
    authorizationUrl,
    tokenUrl,
    revocationUrl = tokenUrl,
    scopeSeparator = ' ',
    profile,
  } = options;
  const title = options.title ?? { en: name, zh: name };
  const { subject, displayName = subject, avatarUrl = subject } = profile;
  return (
    [name, title.en, title.zh, scopeSeparator, subject, displayName, avatarUrl].every(isText) &&
    namePattern.test(name) &&
    Object.keys(title).length === 2 &&
    [authorizationUrl, tokenUrl, revocationUrl, profile.url].every(isWebUrl) &&
    ['query', 'form_post'].includes(options.responseMode ?? 'query') &&
    Object.values(options.authorizationParams ?? {}).every((value) => typeof value === 'string')
  );
}
