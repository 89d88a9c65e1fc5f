import { type Operations, type ProviderContract } from '../core/contract.js';
import { assertContract } from '../core/assert-contract.js';
import {
  type CommonProviderOptions,
  configureProvider,
  type ConfiguredProvider,
  reachOf,
} from '../core/define-provider.js';
import { type DiscoveredProvider } from '../core/discovered-provider.js';
import { OAuthConfigurationError } from '../core/errors.js';
import { refusalOf } from '../core/network.js';
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

/** Options of {@link oidc}. */
export interface OidcOptions extends Omit<CommonProviderOptions, 'baseUrl' | 'sdkUrl'> {
  /** The issuer identifier, exactly as the server's metadata has it. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  /** What people see. @defaultValue the host of the issuer */
  readonly title?: { readonly en: string; readonly zh: string };
  /** @defaultValue what the metadata offers: basic before post with a secret, `none` without */
  readonly clientAuthentication?: ClientAuthentication;
  /** Scopes of the application's own token (RFC 6749 §4.4.2). @defaultValue none, so the server decides */
  readonly appScope?: readonly string[];
  /** @defaultValue 'query' */
  readonly responseMode?: 'query' | 'form_post';
  /** Parameters added to the authorization request; those of the protocol cannot be overridden. */
  readonly authorizationParams?: Readonly<Record<string, string>>;
}

type Metadata = Readonly<Record<string, unknown>>;

const trustedAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
];

/**
 * Any OpenID Connect server, by discovery (OpenID Connect Discovery 1.0): endpoints, keys and client
 * authentication come from its metadata when first needed. The issuer of the metadata, of every id_token and,
 * where promised (RFC 9207), of every callback must be the one named here; the nonce is required.
 *
 * Tokens that came with a refresh token are renewed (OpenID Connect Core §12, RFC 6749 §6). Most servers give one
 * only to an application that asks: `scope: ['openid', 'profile', 'offline_access']`, and many only after
 * `authorizationParams: { prompt: 'consent' }` (OpenID Connect Core §11); neither is added unasked. A client that can
 * prove who it is has a token of its own (RFC 6749 §4.4). Tokens are ended at the `revocation_endpoint`, where the
 * metadata has one (RFC 7009, RFC 8414 §2), with the client authentication of the token endpoint.
 *
 * @throws OAuthConfigurationError when an option is not valid
 */
export function oidc(options: OidcOptions): DiscoveredProvider {
  const { issuer, clientId } = options;
  const name = options.name ?? 'oidc';
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new OAuthConfigurationError(
      `issuer of the provider ${name} must be an absolute URL such as https://sso.example.com.`,
    );
  }
  if (clientId === '')
    throw new OAuthConfigurationError(`clientId of the provider ${name} must not be empty.`);
  const reach = reachOf(issuer, options.allowPrivateNetwork);
  const refusal = refusalOf(issuer, reach);
  if (refusal !== undefined) {
    throw new OAuthConfigurationError(`The provider ${name} cannot use ${url.origin}: ${refusal}`);
  }
  const appScope = writtenScope(name, options.appScope);
  const title = options.title ?? { en: url.host, zh: url.host };
  return {
    name,
    clientId,
    title,
    metadataUrl: `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    reach,
    timeoutMs: options.timeoutMs ?? 10_000,
    describe: (metadata) => describe({ ...options, name, title, appScope }, metadata),
  };
}

function describe(
  options: Omit<OidcOptions, 'appScope'> & {
    readonly name: string;
    readonly title: { readonly en: string; readonly zh: string };
    readonly appScope: string | undefined;
  },
  metadata: Metadata,
): ConfiguredProvider {
  const { issuer, name, title, clientId, clientSecret, ...rest } = options;
  const { clientAuthentication, responseMode, authorizationParams, appScope, ...common } = rest;
  if (metadata['issuer'] !== issuer) {
    throw new OAuthConfigurationError('the issuer in its metadata is not the configured one');
  }
  const contract: ProviderContract = {
    name,
    title,
    credentials: { id: 'clientId', secret: clientSecret === undefined ? null : 'clientSecret' },
    defaultScope: ['openid', 'profile'],
    subjectFrom: 'idToken',
    renewal: standardRenewal,
    login: standardLogin({
      authorizationUrl: endpoint(metadata, 'authorization_endpoint'),
      scopeSeparator: ' ',
      responseMode: responseMode ?? 'query',
      withNonce: true,
      issuer: {
        value: issuer,
        presence:
          metadata['authorization_response_iss_parameter_supported'] === true ? 'required' : 'if-present',
      },
      extra: authorizationParams ?? {},
    }),
    idToken: {
      issuer,
      jwksUrl: endpoint(metadata, 'jwks_uri'),
      algorithms: algorithmsOf(metadata),
      nonce: 'required',
      scope: 'openid',
      jwksMaxAge: 86_400,
      displayName: ['name', 'preferred_username', 'nickname'],
      avatarUrl: ['picture'],
    },
    operations: operationsOf(
      metadata,
      clientAuthentication ?? authenticationOf(metadata, clientSecret),
      appScope,
    ),
  };
  assertContract(contract);
  const credentials = { clientId, ...(clientSecret === undefined ? {} : { clientSecret }) };
  return configureProvider(contract, { ...common, ...credentials, name }, issuer);
}

function operationsOf(
  metadata: Metadata,
  authentication: ClientAuthentication,
  appScope: string | undefined,
): Operations {
  const userinfo = metadata['userinfo_endpoint'];
  const revocation = metadata['revocation_endpoint'];
  return {
    ...standardTokens({
      url: endpoint(metadata, 'token_endpoint'),
      authentication,
      exchanged: { all: [{ present: 'token_type' }, standardTokenSuccess] },
      appScope,
    }),
    ...(typeof revocation === 'string' ? { revoke: standardRevocation(revocation, authentication) } : {}),
    ...(typeof userinfo === 'string'
      ? {
          profile: {
            request: { method: 'GET', url: userinfo, encoding: 'query', params: {}, bearer: 'accessToken' },
            reply: {
              decode: 'json',
              success: { present: 'sub' },
              fields: {
                subject: ['sub'],
                displayName: ['name', 'preferred_username', 'nickname'],
                avatarUrl: ['picture'],
              },
              error: standardError,
            },
            errors: [
              ...standardErrors,
              { status: 401, class: 'invalid_token' },
              { status: 403, class: 'insufficient_scope' },
            ],
          },
        }
      : {}),
  };
}

function endpoint(metadata: Metadata, name: string): string {
  const value = metadata[name];
  if (typeof value !== 'string' || !URL.canParse(value)) {
    throw new OAuthConfigurationError(`its metadata has no usable ${name}`);
  }
  return value;
}

function algorithmsOf(metadata: Metadata): readonly string[] {
  const offered = metadata['id_token_signing_alg_values_supported'];
  const usable = Array.isArray(offered) ? trustedAlgorithms.filter((name) => offered.includes(name)) : [];
  if (usable.length === 0) {
    throw new OAuthConfigurationError(
      'its metadata offers no asymmetric id_token_signing_alg_values_supported',
    );
  }
  return usable;
}

/** Without a word in the metadata, the default is basic (OpenID Connect Discovery §3). */
function authenticationOf(metadata: Metadata, clientSecret: string | undefined): ClientAuthentication {
  if (clientSecret === undefined) return 'none';
  const offered = metadata['token_endpoint_auth_methods_supported'];
  if (!Array.isArray(offered) || offered.includes('client_secret_basic')) return 'client_secret_basic';
  if (offered.includes('client_secret_post')) return 'client_secret_post';
  throw new OAuthConfigurationError(
    'its metadata offers neither client_secret_basic nor client_secret_post; set clientAuthentication',
  );
}
