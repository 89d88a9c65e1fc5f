import { PublicUrl, type RenewalSettings, type StoreEngine } from 'nestjs-oauth-providers';
import { join } from 'node:path';
import { type Environment, readEnvironment } from './environment.js';
import { type Platform, platformsOf } from './platforms.js';
import { secretsOf } from './secrets.js';
import { chooseStore } from './store-choice.js';
import { isShared } from './store-urls.js';
import { anywebSdkHint, anywebSdkPath, findAnywebSdk } from './vendor-sdk.js';
import { wiringOf } from './wiring.js';

/** Everything the sample is told from outside; a class, so that it can be asked for by its name. */
export abstract class SampleConfig {
  abstract readonly host: string;
  abstract readonly port: number;
  /** Where browsers reach the sample. */
  abstract readonly publicUrl: PublicUrl;
  abstract readonly platforms: readonly Platform[];
  abstract readonly store: StoreEngine;
  abstract readonly encryptionKeys: string;
  abstract readonly lookupKey: string | undefined;
  abstract readonly sessionSecret: string;
  /** Login starts per minute and client address; 0: any number. */
  abstract readonly loginRateLimit: number;
  /** The bundle of AnyWeb's own SDK, where it is wanted and installed. */
  abstract readonly anywebSdk: string | undefined;
  /** What works less well than it could, a sentence each. */
  abstract readonly hints: readonly string[];
  /** The knobs of the renewal; what is not set is the library's default. */
  abstract readonly renewal: Partial<RenewalSettings>;
  abstract readonly tickMs: number | undefined;
  /** Where renewed grants wait, sealed, that the store did not take before the end; undefined: nowhere. */
  abstract readonly spoolFile: string | undefined;
  /** What other services show to be given tokens; undefined: there is no broker. */
  abstract readonly brokerKey: string | undefined;
}

/**
 * Reads the configuration out of the environment. Packages that may be there or not are looked for in `folder`.
 *
 * @throws ConfigError with one sentence: which variable is wrong, and what to do
 */
export async function readConfig(
  variables: NodeJS.ProcessEnv,
  folder = process.cwd(),
): Promise<SampleConfig> {
  const env = readEnvironment(variables);
  const publicUrl = new PublicUrl(env.PUBLIC_URL ?? `http://127.0.0.1:${env.PORT}`);
  // Neither a stand-in nor a URL for it: this is the real AnyWeb.
  const wantsSdk = wiringOf(env).anyweb.sdkUrl === undefined;
  const anywebSdk = wantsSdk ? findAnywebSdk(folder) : undefined;
  const platforms = platformsOf(env, anywebSdk === undefined ? undefined : publicUrl.absolute(anywebSdkPath));
  const store = await chooseStore(env);
  const { encryptionKeys, sessionSecret } = await secretsOf(env);
  return {
    host: env.HOST,
    port: env.PORT,
    publicUrl,
    platforms,
    store,
    encryptionKeys,
    lookupKey: env.OAUTH_LOOKUP_KEY,
    sessionSecret,
    loginRateLimit: env.LOGIN_RATE_LIMIT,
    anywebSdk,
    hints: wantsSdk && anywebSdk === undefined ? [anywebSdkHint] : [],
    renewal: renewalOf(env),
    tickMs: env.REFRESH_TICK_MS,
    spoolFile: spoolOf(env),
    brokerKey: env.BROKER_KEY,
  };
}

function renewalOf(env: Environment): Partial<RenewalSettings> {
  const { REFRESH_ADVISORY_SECONDS: advisory, REFRESH_MANDATORY_SECONDS: mandatory } = env;
  const { REFRESH_CONCURRENCY: concurrency } = env;
  return {
    ...(advisory === undefined ? {} : { advisoryMs: advisory * 1000 }),
    ...(mandatory === undefined ? {} : { mandatoryMs: mandatory * 1000 }),
    ...(concurrency === undefined ? {} : { concurrency }),
  };
}

/** Processes of one machine may share a folder, but not a spool: each reads at its start what it has left itself. */
function spoolOf(env: Environment): string | undefined {
  if (env.OAUTH_STORE === 'memory') return undefined;
  const name = isShared(env.OAUTH_STORE) ? `unsaved-grants-${env.PORT}.json` : 'unsaved-grants.json';
  return join(env.DATA_DIR, name);
}
