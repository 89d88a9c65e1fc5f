import { randomBytes } from 'node:crypto';

/**
 * The secrets that all processes have in common: what the environment says, and what it leaves open made up. A store
 * that is there after this run gets those of the demo, which are kept, since nothing else opens what it holds.
 */
export async function sharedSecrets(env, { own, kept }) {
  const { OAUTH_ENCRYPTION_KEYS, OAUTH_LOOKUP_KEY, SESSION_SECRET } = env;
  const said = withoutUndefined({ OAUTH_ENCRYPTION_KEYS, OAUTH_LOOKUP_KEY, SESSION_SECRET });
  if (own) {
    const made = {
      OAUTH_ENCRYPTION_KEYS: `cluster:${randomBytes(32).toString('base64')}`,
      OAUTH_LOOKUP_KEY: randomBytes(32).toString('base64'),
      SESSION_SECRET: randomBytes(32).toString('base64url'),
    };
    return { ...made, ...said };
  }
  // What is missing in production is complained about by the processes themselves.
  if (env.NODE_ENV === 'production' || OAUTH_ENCRYPTION_KEYS !== undefined) return said;
  const { encryptionKeys, sessionSecret } = await kept();
  return { OAUTH_ENCRYPTION_KEYS: encryptionKeys, SESSION_SECRET: sessionSecret, ...said };
}

function withoutUndefined(settings) {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
