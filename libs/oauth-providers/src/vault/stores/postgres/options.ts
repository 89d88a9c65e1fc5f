import { type ConnectionOptions } from 'node:tls';
import { OAuthConfigurationError } from '../../../core/errors.js';

/** Settings of `postgresStore`. */
export interface PostgresStoreOptions {
  /**
   * `postgres://user:password@host:5432/database`. `?sslmode=require` (or `prefer`, `verify-ca`, `verify-full`)
   * encrypts and verifies who answers, `no-verify` only encrypts; `sslrootcert`, `sslcert` and `sslkey` name files.
   */
  readonly url: string;
  /** The schema all tables are in; it is created when it is missing. @defaultValue 'oauth_providers' */
  readonly schema?: string;
  /** How many connections a process opens at most, besides one that listens. @defaultValue 10 */
  readonly poolSize?: number;
  /** TLS settings, such as `{ ca }`, instead of those in the URL. */
  readonly ssl?: boolean | ConnectionOptions;
  /**
   * Whether statements are prepared once per connection. A pooler that hands each transaction to another
   * connection must know of that, as PgBouncer does since 1.21 (`max_prepared_statements`): where it does not, or
   * is older, turn it off. @defaultValue true
   */
  readonly prepare?: boolean;
}

/** Options that have been looked through. */
export interface PostgresSettings {
  /** As pg reads it; holds the password, so it is never shown. */
  readonly connectionString: string;
  /** Host and port, for people. */
  readonly place: string;
  readonly schema: string;
  readonly poolSize: number;
  readonly ssl: boolean | ConnectionOptions | undefined;
  readonly prepare: boolean;
}

const defaultSchema = 'oauth_providers';
const defaultPoolSize = 10;
const largestPool = 500;

// Short enough that the name of the channel, which is made of it, is still a name.
const schemaPattern = /^[a-z_][a-z0-9_]{0,47}$/;
const inUrl = 'store: the url of postgresStore';

/** Parameters of a URL that are about TLS. */
const tlsParameters = ['ssl', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslnegotiation'];

/** What pg 8 takes for `verify-full` too, but warns of. */
const verifying = new Set(['allow', 'prefer', 'require', 'verify-ca']);

/** @throws OAuthConfigurationError when an option is wrong; its message never holds the URL */
export function checkOptions(options: PostgresStoreOptions): PostgresSettings {
  const { schema = defaultSchema, poolSize = defaultPoolSize, ssl, prepare = true } = options;
  if (!schemaPattern.test(schema) || schema.startsWith('pg_')) {
    throw new OAuthConfigurationError(
      'store: schema of postgresStore must be 1 to 48 of a-z 0-9 _, not start with a digit and not with pg_.',
    );
  }
  if (!Number.isInteger(poolSize) || poolSize < 1 || poolSize > largestPool) {
    throw new OAuthConfigurationError(`store: poolSize of postgresStore must be 1 to ${largestPool}.`);
  }
  const url = parsed(options.url);
  settleTls(url.searchParams, ssl !== undefined);
  return { connectionString: url.href, place: placeOf(url), schema, poolSize, ssl, prepare };
}

function parsed(text: string): URL {
  // Neither the URL nor the error that holds it may end up in a message: there is a password in it.
  if (typeof text !== 'string' || !URL.canParse(text)) {
    throw new OAuthConfigurationError(
      `${inUrl} cannot be read: write postgres://user:password@host:5432/database, with special characters ` +
        'of the password percent-encoded.',
    );
  }
  const url = new URL(text);
  if (url.protocol !== 'postgres:' && url.protocol !== 'postgresql:') {
    throw new OAuthConfigurationError(`${inUrl} must start with postgres:// or postgresql://.`);
  }
  if (!decodes(url.username) || !decodes(url.password) || !decodes(url.pathname)) {
    throw new OAuthConfigurationError(`${inUrl} has a % that is followed by no two hex digits: write %25.`);
  }
  if (url.pathname.length < 2) {
    throw new OAuthConfigurationError(`${inUrl} names no database: append /name.`);
  }
  return url;
}

function settleTls(parameters: URLSearchParams, replaced: boolean): void {
  if (replaced) for (const name of tlsParameters) parameters.delete(name);
  const mode = parameters.get('sslmode');
  if (mode === null || parameters.get('uselibpqcompat') === 'true') return;
  if (verifying.has(mode)) parameters.set('sslmode', 'verify-full');
  else if (!['disable', 'no-verify', 'verify-full'].includes(mode)) {
    throw new OAuthConfigurationError(
      `${inUrl} has an unknown sslmode: use disable, require, verify-full or no-verify.`,
    );
  }
}

function placeOf(url: URL): string {
  const host = url.searchParams.get('host') ?? (url.hostname || 'localhost');
  return `${decodes(host) ? decodeURIComponent(host) : host}:${url.port || '5432'}`;
}

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
