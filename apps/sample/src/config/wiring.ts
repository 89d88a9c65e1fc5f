import { demoClients } from 'platform-emulator/demo-clients';
import { type Environment, isLoopback } from './environment.js';

/** The platforms the sample knows. */
export type PlatformName = keyof typeof demoClients;

/** Which platform is spoken to as which client, and where. */
export interface Wiring {
  readonly id: string;
  readonly secret: string;
  /** Where its endpoints are moved to; undefined: the real platform. */
  readonly baseUrl: string | undefined;
  readonly scope: readonly string[] | undefined;
  /** The script with which the platform's own front end hands out codes. */
  readonly sdkUrl: string | undefined;
  /** Origins whose pages are signed; undefined: that of the public URL. */
  readonly signOrigins: readonly string[] | undefined;
  /** Whether an emulator plays the platform. */
  readonly emulated: boolean;
}

/** What the environment says of one platform. */
interface Settings {
  readonly id: string | undefined;
  readonly secret: string | undefined;
  readonly baseUrl: string | undefined;
  readonly scope?: readonly string[] | undefined;
  readonly sdkUrl?: string | undefined;
  readonly signOrigins?: readonly string[] | undefined;
}

/** Every platform: at its base URL if it has one; else the real one if there are credentials; else emulated. */
export function wiringOf(env: Environment): Readonly<Record<PlatformName, Wiring>> {
  return {
    huawei: wire('huawei', env, {
      id: env.HUAWEI_CLIENT_ID,
      secret: env.HUAWEI_CLIENT_SECRET,
      baseUrl: env.HUAWEI_BASE_URL,
      scope: env.HUAWEI_SCOPE,
    }),
    wps: wire('wps', env, {
      id: env.WPS_CLIENT_ID,
      secret: env.WPS_CLIENT_SECRET,
      baseUrl: env.WPS_BASE_URL,
      scope: env.WPS_SCOPE,
    }),
    anyweb: wire('anyweb', env, {
      id: env.ANYWEB_APP_ID,
      secret: env.ANYWEB_SECRET,
      baseUrl: env.ANYWEB_BASE_URL,
      scope: env.ANYWEB_SCOPE,
      sdkUrl: env.ANYWEB_SDK_URL,
    }),
    yuanzhibang: wire('yuanzhibang', env, {
      id: env.YUANZHIBANG_APP_ID,
      secret: env.YUANZHIBANG_SECRET,
      baseUrl: env.YUANZHIBANG_BASE_URL,
      sdkUrl: env.YUANZHIBANG_SDK_URL,
      signOrigins: env.YUANZHIBANG_SIGN_ORIGINS ?? [env.PUBLIC_URL ?? `http://127.0.0.1:${env.PORT}`],
    }),
  };
}

/** Whether any platform is left to the emulator that `EMULATOR_URL` or `EMULATOR_PORT` names. */
export function needsEmulator(env: Environment): boolean {
  return Object.values(wiringOf(env)).some(({ baseUrl }) => baseUrl === emulatorOf(env));
}

function emulatorOf(env: Environment): string {
  return env.EMULATOR_URL ?? `http://127.0.0.1:${env.EMULATOR_PORT}`;
}

function wire(name: PlatformName, env: Environment, settings: Settings): Wiring {
  const { id, secret, scope } = settings;
  const demo = demoClients[name];
  const baseUrl = settings.baseUrl ?? (id === undefined ? emulatorOf(env) : undefined);
  // Whoever has only demo credentials, or a platform on this machine, is talking to an emulator.
  const emulated = baseUrl !== undefined && (id === undefined || isLoopback(baseUrl));
  const standIn = emulated && handsIn(name) ? `${baseUrl}/__emulator/sdk/${name}.js` : undefined;
  return {
    id: id ?? demo.clientId,
    secret: secret ?? demo.clientSecret,
    baseUrl,
    scope,
    sdkUrl: settings.sdkUrl ?? standIn,
    signOrigins: settings.signOrigins,
    emulated,
  };
}

/** Whether the front end hands in a code that a script of the platform gave it. */
function handsIn(name: PlatformName): boolean {
  return name === 'anyweb' || name === 'yuanzhibang';
}
