import {
  KeyRing,
  memoryStore,
  OAuthConfigurationError,
  PublicUrl,
  sqliteStore,
  type StoreEngine,
} from 'nestjs-oauth-providers';
import { join } from 'node:path';
import { ConfigError } from './config-error.js';
import { demoSecrets } from './demo-secrets.js';
import { type Environment, readEnvironment } from './environment.js';
import { type Platform, platformsOf } from './platforms.js';

/** Everything the sample is told from outside. */
export class SampleConfig {
  private constructor(
    readonly host: string,
    readonly port: number,
    readonly publicUrl: PublicUrl,
    readonly platforms: readonly Platform[],
    readonly store: StoreEngine,
    readonly encryptionKeys: string,
    readonly lookupKey: string | undefined,
    readonly sessionSecret: string,
    readonly loginRateLimit: number,
  ) {}

  /** @throws ConfigError with one sentence: which variable is wrong, and what to do */
  static async read(variables: NodeJS.ProcessEnv): Promise<SampleConfig> {
    const env = readEnvironment(variables);
    const platforms = platformsOf(env);
    const { encryptionKeys, sessionSecret } = await secretsOf(env);
    return new SampleConfig(
      env.HOST,
      env.PORT,
      new PublicUrl(env.PUBLIC_URL ?? `http://127.0.0.1:${env.PORT}`),
      platforms,
      storeOf(env),
      checkedKeys(encryptionKeys, env.OAUTH_LOOKUP_KEY),
      env.OAUTH_LOOKUP_KEY,
      sessionSecret,
      env.LOGIN_RATE_LIMIT,
    );
  }
}

function storeOf(env: Environment): StoreEngine {
  if (env.OAUTH_STORE === 'memory') return memoryStore();
  return sqliteStore({ file: env.SQLITE_FILE ?? join(env.DATA_DIR, 'sample.db') });
}

/** Outside production a demo makes up what is missing, once; in production it has to be said. */
async function secretsOf(env: Environment): Promise<{ encryptionKeys: string; sessionSecret: string }> {
  const { OAUTH_ENCRYPTION_KEYS: encryptionKeys, SESSION_SECRET: sessionSecret } = env;
  if (encryptionKeys !== undefined && sessionSecret !== undefined) return { encryptionKeys, sessionSecret };
  if (env.NODE_ENV === 'production') {
    throw new ConfigError(
      encryptionKeys === undefined
        ? 'OAUTH_ENCRYPTION_KEYS is required with NODE_ENV=production: set it to k1: followed by 32 random bytes in base64 (openssl rand -base64 32).'
        : 'SESSION_SECRET is required with NODE_ENV=production: set it to a random text (openssl rand -base64 32).',
    );
  }
  const made = await demoSecrets(env.DATA_DIR);
  return {
    encryptionKeys: encryptionKeys ?? made.encryptionKeys,
    sessionSecret: sessionSecret ?? made.sessionSecret,
  };
}

function checkedKeys(encryptionKeys: string, lookupKey: string | undefined): string {
  try {
    KeyRing.parse({ encryptionKeys, lookupKey });
    return encryptionKeys;
  } catch (error) {
    if (error instanceof OAuthConfigurationError) throw new ConfigError(error.message);
    throw error;
  }
}
