import {
  anyweb,
  type CommonProviderOptions,
  type ConfiguredProvider,
  huawei,
  OAuthConfigurationError,
  wps,
  yuanzhibang,
} from 'nestjs-oauth-providers';
import { ConfigError } from './config-error.js';
import { type Environment } from './environment.js';
import { type PlatformName, type Wiring, wiringOf } from './wiring.js';

/** A provider together with where it leads. */
export interface Platform {
  readonly provider: ConfiguredProvider;
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
 * The providers of the sample, in the order of the login page.
 *
 * @throws ConfigError
 */
export function platformsOf(env: Environment): Platform[] {
  const wirings = Object.entries(wiringOf(env)) as [PlatformName, Wiring][];
  return wirings.map(([name, wiring]) => {
    const { baseUrl, emulated } = wiring;
    return { provider: build(name, wiring), baseUrl, emulated };
  });
}

function build(name: PlatformName, { id, secret, scope, baseUrl, sdkUrl }: Wiring): ConfiguredProvider {
  try {
    return builders[name](id, secret, {
      ...(scope === undefined ? {} : { scope }),
      ...(baseUrl === undefined ? {} : { baseUrl }),
      ...(sdkUrl === undefined ? {} : { sdkUrl }),
    });
  } catch (error) {
    if (!(error instanceof OAuthConfigurationError)) throw error;
    throw new ConfigError(`The variables ${name.toUpperCase()}_… do not fit: ${error.message}`);
  }
}
