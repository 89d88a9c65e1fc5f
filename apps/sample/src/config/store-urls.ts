import { ConfigError } from './config-error.js';
import { type Environment } from './environment.js';

const schemes = {
  redis: { variable: 'REDIS_URL', pattern: /^rediss?:$/, example: 'redis://127.0.0.1:6379' },
  postgres: {
    variable: 'DATABASE_URL',
    pattern: /^postgres(ql)?:$/,
    example: 'postgres://user:password@127.0.0.1:5432/tokens',
  },
} as const;

/** The stores that several processes can share. */
export type SharedStore = keyof typeof schemes;

/** The variable that says where a shared store is. */
export function variableOf(store: SharedStore): (typeof schemes)[SharedStore]['variable'] {
  return schemes[store].variable;
}

/** Whether the store is one that several processes share. */
export function isShared(store: string): store is SharedStore {
  return Object.hasOwn(schemes, store);
}

/**
 * Where the shared store is: one URL, or, for Redis only, several nodes of one cluster. Nothing of a URL is
 * repeated in a message, since it may hold a password.
 *
 * @throws ConfigError when nothing or nothing useful is said
 */
export function storeUrls(env: Environment, store: SharedStore): readonly [string, ...string[]] {
  const { variable, pattern, example } = schemes[store];
  const text = env[variable];
  if (text === undefined) {
    throw new ConfigError(
      `${variable} is missing although OAUTH_STORE is ${store}: set it to a URL such as ${example}.`,
    );
  }
  const [first = '', ...others] =
    store === 'redis' ? text.split(/[\s,]+/).filter((part) => part !== '') : [text];
  if (![first, ...others].every((url) => fits(url, pattern))) {
    const more =
      store === 'redis' ? ', or several separated by commas for the nodes of one Redis Cluster' : '';
    throw new ConfigError(`${variable} must be a URL such as ${example}${more}.`);
  }
  return [first, ...others];
}

function fits(text: string, pattern: RegExp): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && pattern.test(url.protocol) && url.hostname !== '' && url.hash === '';
}
