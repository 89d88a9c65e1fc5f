import { z } from 'zod';
import { ConfigError } from './config-error.js';

const port = z
  .string()
  .refine((text) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535, {
    error: 'must be a port number from 1 to 65535',
  })
  .transform(Number);

const origin = z
  .string()
  .refine(isOrigin, { error: 'must be an origin such as https://example.com, without a path or query' })
  .transform((text) => new URL(text).origin);

/** Endpoints of a platform: credentials travel there, so plain http is for this machine only. */
const baseUrl = origin.refine((text) => text.startsWith('https:') || isLoopback(text), {
  error: 'must begin with https:// unless it is on this machine, such as http://127.0.0.1:4000',
});

const webAddress = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    error: 'must be an absolute URL such as https://example.com/sdk.js',
  });

const scopes = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((scope) => scope !== ''))
  .refine((list) => list.length > 0 && list.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)), {
    error: 'must be scopes separated by blanks or commas',
  });

const origins = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter((part) => part !== ''))
  .refine((list) => list.length > 0, { error: 'must be origins separated by blanks or commas' })
  .pipe(z.array(origin));

const key = z.string().min(16, { error: 'must be at least 16 characters long' });

const count = (least: number) =>
  z
    .string()
    .refine((text) => /^\d{1,9}$/.test(text) && Number(text) >= least, {
      error: `must be a whole number of at least ${least}`,
    })
    .transform(Number);

const store = z.string().refine((name) => ['sqlite', 'memory', 'redis', 'postgres'].includes(name), {
  error: 'must be sqlite or memory, or redis or postgres for several processes',
});

const issuer = z
  .string()
  .refine(isIssuer, { error: 'must be a URL such as https://sso.example.com, without a query' })
  .refine((text) => text.startsWith('https:') || isLoopback(text), {
    error: 'must begin with https:// unless it is on this machine',
  });

const text = z.string();

const variables = z.object({
  NODE_ENV: text.optional(),
  HOST: text.default('127.0.0.1'),
  PORT: port.default(3000),
  PUBLIC_URL: origin.optional(),

  HUAWEI_CLIENT_ID: text.optional(),
  HUAWEI_CLIENT_SECRET: text.optional(),
  WPS_CLIENT_ID: text.optional(),
  WPS_CLIENT_SECRET: text.optional(),
  ANYWEB_APP_ID: text.optional(),
  ANYWEB_SECRET: text.optional(),
  YUANZHIBANG_APP_ID: text.optional(),
  YUANZHIBANG_SECRET: text.optional(),

  HUAWEI_BASE_URL: baseUrl.optional(),
  WPS_BASE_URL: baseUrl.optional(),
  ANYWEB_BASE_URL: baseUrl.optional(),
  YUANZHIBANG_BASE_URL: baseUrl.optional(),
  HUAWEI_SCOPE: scopes.optional(),
  WPS_SCOPE: scopes.optional(),
  ANYWEB_SCOPE: scopes.optional(),
  ANYWEB_SDK_URL: webAddress.optional(),
  YUANZHIBANG_SDK_URL: webAddress.optional(),
  YUANZHIBANG_SIGN_ORIGINS: origins.optional(),

  OIDC_ISSUER: issuer.optional(),
  OIDC_CLIENT_ID: text.optional(),
  OIDC_CLIENT_SECRET: text.optional(),

  OAUTH_STORE: store.default('sqlite'),
  SQLITE_FILE: text.optional(),
  REDIS_URL: text.optional(),
  DATABASE_URL: text.optional(),
  DATA_DIR: text.default('data'),
  OAUTH_ENCRYPTION_KEYS: text.optional(),
  OAUTH_LOOKUP_KEY: text.optional(),
  SESSION_SECRET: key.optional(),

  REFRESH_ADVISORY_SECONDS: count(0).optional(),
  REFRESH_MANDATORY_SECONDS: count(0).optional(),
  REFRESH_TICK_MS: count(1).optional(),
  REFRESH_CONCURRENCY: count(1).optional(),
  BROKER_KEY: key.optional(),

  LOGIN_RATE_LIMIT: count(0).default(300),
  EMULATOR_PORT: port.default(4000),
  EMULATOR_URL: baseUrl.optional(),
});

/** The environment, checked. */
export type Environment = z.infer<typeof variables>;

/** What belongs together: only some of it can only be a mistake. */
const sets: readonly (readonly (keyof Environment)[])[] = [
  ['HUAWEI_CLIENT_ID', 'HUAWEI_CLIENT_SECRET'],
  ['WPS_CLIENT_ID', 'WPS_CLIENT_SECRET'],
  ['ANYWEB_APP_ID', 'ANYWEB_SECRET'],
  ['YUANZHIBANG_APP_ID', 'YUANZHIBANG_SECRET'],
  ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'],
];

/**
 * Reads and checks the environment. A variable that is empty counts as unset. Values are never repeated in
 * messages: any of them may be a secret in the wrong place.
 *
 * @throws ConfigError for the first variable that is wrong
 */
export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  const settings = Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => {
      const trimmed = value?.trim() ?? '';
      return trimmed === '' ? [] : [[name, trimmed]];
    }),
  );
  const result = variables.safeParse(settings);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new ConfigError(`${String(issue?.path[0])} ${issue?.message ?? 'is wrong'}.`);
  }
  for (const names of sets) {
    const present = names.find((name) => result.data[name] !== undefined);
    const missing = names.find((name) => result.data[name] === undefined);
    if (present === undefined || missing === undefined) continue;
    throw new ConfigError(
      `${missing} is missing although ${present} is set: set ${names.join(' and ')}, or none of them.`,
    );
  }
  return result.data;
}

function isIssuer(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.search + url.hash === '';
}

function isOrigin(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') return false;
  return url.pathname === '/' && url.username + url.password + url.search + url.hash === '';
}

/** Whether a URL leads to this machine. */
export function isLoopback(url: string): boolean {
  const hostname = URL.canParse(url) ? new URL(url).hostname : '';
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
