import { assertContract } from './assert-contract.js';
import { assertOptions } from './assert-options.js';
import { type ProviderContract } from './contract.js';
import { OAuthConfigurationError } from './errors.js';
import { isLoopbackHost, type NetworkReach, refusalOf } from './network.js';
import { arePlain } from './plain-options.js';
import { endpointsOf, relocate } from './relocate.js';
import { Secret } from './secret.js';

/** A private key that proves who the client is (RFC 7523). */
export interface SigningKey {
  /** PKCS #8 in PEM. */
  readonly privateKey: Secret;
  /** JWS algorithm, such as `RS256` or `ES256`. */
  readonly algorithm: string;
  /** Id under which the server knows the public key. */
  readonly keyId?: string;
}

/** What every provider's options have besides the credentials. */
export interface CommonProviderOptions {
  /** Another name for this client, when one application uses the same platform twice. @defaultValue the contract's */
  readonly name?: string;
  /** Scopes to ask for. @defaultValue the contract's */
  readonly scope?: readonly string[];
  /** An origin that replaces scheme, host and port of every endpoint. The expected issuer does not move. */
  readonly baseUrl?: string;
  /** Allows endpoints at private addresses other than loopback. @defaultValue false */
  readonly allowPrivateNetwork?: boolean;
  /** The time limit of one call, in milliseconds. @defaultValue 10000 */
  readonly timeoutMs?: number;
  /** Whether PKCE is used where the contract offers it. @defaultValue true */
  readonly pkce?: boolean;
  /** The key of `private_key_jwt`, where the contract signs with it. */
  readonly signingKey?: SigningKey;
  /**
   * Gives the latest ticket that the platform has pushed for this app (WPS `app_ticket`), which tokens of single
   * tenants need.
   */
  readonly appTicket?: () => string | Promise<string>;
  /** Origins whose pages are signed for the platform's JavaScript. @defaultValue none */
  readonly signOrigins?: readonly string[];
  /** Handoff providers: the script that the page loads to get a code. */
  readonly sdkUrl?: string;
}

/** Options of a provider: its credentials under the platform's own names, and the common ones. */
export type ProviderOptions<C extends ProviderContract> = Readonly<Record<C['credentials']['id'], string>> &
  (C['credentials']['secret'] extends string
    ? Readonly<Record<C['credentials']['secret'], string>>
    : unknown) &
  CommonProviderOptions;

/** A contract together with one client's credentials and settings: what the module is given. */
export interface ConfiguredProvider {
  readonly name: string;
  /** With every endpoint at its final address. */
  readonly contract: ProviderContract;
  readonly clientId: string;
  readonly clientSecret: Secret | undefined;
  readonly scope: readonly string[];
  readonly timeoutMs: number;
  /** How far inside the network its calls may lead. */
  readonly reach: NetworkReach;
  readonly pkce: boolean;
  readonly sdkUrl: string | undefined;
  readonly signOrigins: readonly string[];
  readonly appTicket?: () => string | Promise<string>;
  readonly signingKey?: SigningKey;
}

/**
 * Turns a contract into a provider: a function that takes one client's options and gives what
 * `OAuthProvidersModule.forRoot({ providers })` wants.
 *
 * @throws OAuthConfigurationError when the contract, or later the options, are not valid; the message names the path
 */
export function defineProvider<const C extends ProviderContract>(
  contract: C,
): (options: ProviderOptions<C>) => ConfiguredProvider {
  assertContract(contract);
  return shippedProvider(contract);
}

/** Like {@link defineProvider}, for the contracts of this package: its tests have checked them, so no start has to. */
export function shippedProvider<const C extends ProviderContract>(
  contract: C,
): (options: ProviderOptions<C>) => ConfiguredProvider {
  return (options) => configureProvider(contract, options);
}

/**
 * Puts a contract and one client's options together. `explicit` is an address that the application itself
 * named, which may therefore be loopback, and plain http there.
 *
 * @throws OAuthConfigurationError when the options are not valid; the message names the path
 */
export function configureProvider(
  contract: ProviderContract,
  options: CommonProviderOptions,
  explicit: string | undefined = options.baseUrl,
): ConfiguredProvider {
  const { id, secret } = contract.credentials;
  if (!arePlain(contract.credentials, options)) assertOptions(contract, options);
  const values = options as Readonly<Record<string, string>>;
  const placed = options.baseUrl === undefined ? contract : relocate(contract, options.baseUrl);
  return {
    name: options.name ?? contract.name,
    contract: placed,
    clientId: values[id] ?? '',
    clientSecret: secret === null ? undefined : new Secret(values[secret] ?? ''),
    scope: options.scope ?? contract.defaultScope,
    timeoutMs: options.timeoutMs ?? 10_000,
    reach: checkedReach(placed, explicit, options.allowPrivateNetwork),
    pkce: options.pkce ?? true,
    sdkUrl: options.sdkUrl,
    signOrigins: options.signOrigins ?? [],
    ...(options.appTicket === undefined ? {} : { appTicket: options.appTicket }),
    ...(options.signingKey === undefined ? {} : { signingKey: options.signingKey }),
  };
}

/**
 * How far inside calls may lead. Plain http, and addresses inside, are for endpoints that somebody put there
 * on purpose.
 */
export function reachOf(explicit: string | undefined, allowPrivateNetwork = false): NetworkReach {
  if (allowPrivateNetwork) return 'private';
  return explicit !== undefined && isLoopbackHost(new URL(explicit).hostname) ? 'loopback' : 'public';
}

function checkedReach(
  contract: ProviderContract,
  explicit: string | undefined,
  allowPrivateNetwork: boolean | undefined,
): NetworkReach {
  const reach = reachOf(explicit, allowPrivateNetwork);
  for (const url of endpointsOf(contract)) {
    const refusal = refusalOf(url, reach);
    if (refusal !== undefined) {
      throw new OAuthConfigurationError(
        `The provider ${contract.name} cannot use ${new URL(url).origin}: ${refusal}`,
      );
    }
  }
  return reach;
}
