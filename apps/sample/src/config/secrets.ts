import { KeyRing, OAuthConfigurationError } from 'nestjs-oauth-providers';
import { hkdfSync } from 'node:crypto';
import { ConfigError } from './config-error.js';
import { demoSecrets } from './demo-secrets.js';
import { type Environment } from './environment.js';
import { isShared } from './store-urls.js';

/** What everything is sealed and signed with. */
export interface Secrets {
  readonly encryptionKeys: string;
  readonly sessionSecret: string;
}

const aKey = 'set it to k1: followed by 32 random bytes in base64 (openssl rand -base64 32)';

/**
 * The secrets of the environment. A demo with a store of its own makes up what is missing, once; what several
 * processes share, and production, has to be said.
 *
 * @throws ConfigError
 */
export async function secretsOf(env: Environment): Promise<Secrets> {
  const { OAUTH_ENCRYPTION_KEYS: given, SESSION_SECRET: secret } = env;
  const production = env.NODE_ENV === 'production';
  const shared = isShared(env.OAUTH_STORE);
  if (given === undefined && (production || shared)) {
    const reason = production ? 'NODE_ENV=production' : `OAUTH_STORE=${env.OAUTH_STORE}`;
    const why = production ? '' : ', since all processes need the same keys';
    throw new ConfigError(`OAUTH_ENCRYPTION_KEYS is required with ${reason}${why}: ${aKey}.`);
  }
  if (secret === undefined && production) {
    throw new ConfigError(
      'SESSION_SECRET is required with NODE_ENV=production: set it to a random text (openssl rand -base64 32).',
    );
  }
  const made =
    given === undefined || (secret === undefined && !shared) ? await demoSecrets(env.DATA_DIR) : undefined;
  const encryptionKeys = given ?? made?.encryptionKeys ?? '';
  const ring = ringOf(encryptionKeys, env.OAUTH_LOOKUP_KEY);
  return { encryptionKeys, sessionSecret: secret ?? made?.sessionSecret ?? derivedSecret(ring) };
}

/** The same in every process without being said: from the one key that they all have and that does not rotate. */
function derivedSecret(ring: KeyRing): string {
  const key = Buffer.from(ring.exportLookupKey().reveal(), 'base64');
  return Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), 'sample/1/session-cookie', 32)).toString(
    'base64url',
  );
}

function ringOf(encryptionKeys: string, lookupKey: string | undefined): KeyRing {
  try {
    return KeyRing.parse({ encryptionKeys, lookupKey });
  } catch (error) {
    if (error instanceof OAuthConfigurationError) throw new ConfigError(error.message);
    throw error;
  }
}
