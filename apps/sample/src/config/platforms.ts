import {
  anyweb,
  type ConfiguredProvider,
  huawei,
  OAuthConfigurationError,
  wps,
  yuanzhibang,
} from 'nestjs-oauth-providers';
import { demoClients } from 'platform-emulator/demo-clients';
import { ConfigError } from './config-error.js';
import { type Environment, isLoopback } from './environment.js';

/** A provider together with where it leads. */
export interface Platform {
  readonly provider: ConfiguredProvider;
  /** Where its endpoints were moved to; undefined: the real platform. */
  readonly baseUrl: string | undefined;
  /** Whether an emulator plays it. */
  readonly emulated: boolean;
}

interface Wiring {
  readonly id: string;
  readonly secret: string;
  readonly scope?: readonly string[];
  readonly baseUrl?: string;
  readonly sdkUrl?: string;
}

type PlatformName = keyof typeof demoClients;

interface Settings {
  readonly id: string | undefined;
  readonly secret: string | undefined;
  readonly baseUrl: string | undefined;
  readonly scope?: readonly string[] | undefined;
  readonly sdkUrl?: string | undefined;
  readonly build: (wiring: Wiring) => ConfiguredProvider;
}

/** Whether any platform is left to the emulator. */
export function needsEmulator(env: Environment): boolean {
  return platformsOf(env).some(({ baseUrl }) => baseUrl === emulatorUrl(env));
}

function emulatorUrl(env: Environment): string {
  return env.EMULATOR_URL ?? `http://127.0.0.1:${env.EMULATOR_PORT}`;
}

/**
 * Every platform: at its base URL if it has one; else the real one if there are credentials; else emulated.
 *
 * @throws ConfigError
 */
export function platformsOf(env: Environment): Platform[] {
  const settings: Readonly<Record<PlatformName, Settings>> = {
    huawei: {
      id: env.HUAWEI_CLIENT_ID,
      secret: env.HUAWEI_CLIENT_SECRET,
      baseUrl: env.HUAWEI_BASE_URL,
      scope: env.HUAWEI_SCOPE,
      build: ({ id, secret, ...rest }) => huawei({ clientId: id, clientSecret: secret, ...rest }),
    },
    wps: {
      id: env.WPS_CLIENT_ID,
      secret: env.WPS_CLIENT_SECRET,
      baseUrl: env.WPS_BASE_URL,
      scope: env.WPS_SCOPE,
      build: ({ id, secret, ...rest }) => wps({ clientId: id, clientSecret: secret, ...rest }),
    },
    anyweb: {
      id: env.ANYWEB_APP_ID,
      secret: env.ANYWEB_SECRET,
      baseUrl: env.ANYWEB_BASE_URL,
      scope: env.ANYWEB_SCOPE,
      sdkUrl: env.ANYWEB_SDK_URL,
      build: ({ id, ...rest }) => anyweb({ appId: id, ...rest }),
    },
    yuanzhibang: {
      id: env.YUANZHIBANG_APP_ID,
      secret: env.YUANZHIBANG_SECRET,
      baseUrl: env.YUANZHIBANG_BASE_URL,
      sdkUrl: env.YUANZHIBANG_SDK_URL,
      build: ({ id, ...rest }) => yuanzhibang({ appId: id, ...rest }),
    },
  };
  return Object.entries(settings).map(([name, each]) => wire(name as PlatformName, each, emulatorUrl(env)));
}

function wire(name: PlatformName, settings: Settings, emulator: string): Platform {
  const demo = demoClients[name];
  const { id, secret } = settings;
  const baseUrl = settings.baseUrl ?? (id === undefined ? emulator : undefined);
  const emulated = baseUrl !== undefined && (id === undefined || isLoopback(baseUrl));
  const sdkUrl = settings.sdkUrl ?? (emulated ? standIn(name, baseUrl) : undefined);
  const wiring: Wiring = {
    id: id ?? demo.clientId,
    secret: secret ?? demo.clientSecret,
    ...(settings.scope === undefined ? {} : { scope: settings.scope }),
    ...(baseUrl === undefined ? {} : { baseUrl }),
    ...(sdkUrl === undefined ? {} : { sdkUrl }),
  };
  try {
    return { provider: settings.build(wiring), baseUrl, emulated };
  } catch (error) {
    if (!(error instanceof OAuthConfigurationError)) throw error;
    throw new ConfigError(`The variables ${name.toUpperCase()}_… do not fit: ${error.message}`);
  }
}

/** The emulator's stand-in for the script with which a platform's own front end hands out codes. */
function standIn(name: PlatformName, emulator: string): string | undefined {
  return name === 'anyweb' || name === 'yuanzhibang' ? `${emulator}/__emulator/sdk/${name}.js` : undefined;
}
