import {
  anyweb,
  type CommonProviderOptions,
  type ConfiguredProvider,
  huawei,
  OAuthConfigurationError,
  type OAuthProvidersOptions,
  oidc,
  wps,
  yuanzhibang,
} from 'nestjs-oauth-providers';
import { ConfigError } from './config-error.js';
import { type Environment } from './environment.js';
import { type PlatformName, type Wiring, wiringOf } from './wiring.js';

/** A provider together with where it leads. */
export interface Platform {
  readonly provider: OAuthProvidersOptions['providers'][number];
  readonly baseUrl: string | undefined;
  readonly emulated: boolean;
}

type Build = (id: string, secret: string, options: CommonProviderOptions) => ConfiguredProvider;

const builders: Readonly<Record<PlatformName, Build>> = {
  huawei: (clientId, clientSecret, options) => huawei({ clientId, clientSecret, ...options }),
  wps: (clientId, clientSecret, options) => wps({ clientId, clientSecret, ...options }),
  anyweb: (appId, secret, options) => anyweb({ appId, secret, ...options }),
  yuanzhibang: (appId, secret, options) => yuanzhibang({ appId, secret, ...options }),
};

/**
 * The providers of the sample, in the order of the login page. `anywebSdkUrl` is where AnyWeb's script lies
 * unless the environment says otherwise.
 *
 * @throws ConfigError
 */
export function platformsOf(env: Environment, anywebSdkUrl?: string): Platform[] {
  const wirings = Object.entries(wiringOf(env)) as [PlatformName, Wiring][];
  const platforms = wirings.map(([name, wiring]): Platform => {
    const { baseUrl, emulated } = wiring;
    const sdkUrl = wiring.sdkUrl ?? (name === 'anyweb' ? anywebSdkUrl : undefined);
    const variable = `${name.toUpperCase()}_BASE_URL`;
    return { provider: named(variable, () => build(name, { ...wiring, sdkUrl })), baseUrl, emulated };
  });
  return [...platforms, ...openId(env)];
}

function build(name: PlatformName, wiring: Wiring): ConfiguredProvider {
  const { id, secret, scope, baseUrl, sdkUrl, signOrigins } = wiring;
  return builders[name](id, secret, {
    ...(scope === undefined ? {} : { scope }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(sdkUrl === undefined ? {} : { sdkUrl }),
    ...(signOrigins === undefined ? {} : { signOrigins }),
  });
}

/** A server that describes itself, if one is named. */
function openId(env: Environment): Platform[] {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret } = env;
  if (issuer === undefined || clientId === undefined || clientSecret === undefined) return [];
  const provider = named('OIDC_ISSUER', () => oidc({ issuer, clientId, clientSecret }));
  return [{ provider, baseUrl: undefined, emulated: false }];
}

/** The library speaks of options; whoever reads its words here has set a variable: the address, if anything. */
function named<T>(variable: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof OAuthConfigurationError)) throw error;
    throw new ConfigError(
      `${variable} leads where nothing may be sent: set it to a public https address, or to one of this machine.`,
    );
  }
}
