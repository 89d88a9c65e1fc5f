import { type ConnectionOptions } from 'node:tls';
import { OAuthConfigurationError } from '../../../core/errors.js';

/** Settings that every kind of Redis shares. */
export interface RedisCommonOptions {
  /**
   * What all keys begin with, 1 to 32 of `A-Z a-z 0-9 _ . : -`; different ones keep stores on one server apart.
   *
   * @defaultValue 'oauth'
   */
  readonly prefix?: string;
  /**
   * Into how many parts the keys are spread: a power of two up to 1024. The nodes of a cluster share them, so it
   * should be several times their number. It is decided when a store is opened first and stays as it is.
   *
   * @defaultValue 16
   */
  readonly buckets?: number;
  /** TLS settings such as `ca` and `servername`, for `rediss://` URLs. */
  readonly tls?: ConnectionOptions;
}

/** One server, or the address under which the current primary is found. */
export interface RedisServerOptions extends RedisCommonOptions {
  /** `redis://` or, with TLS, `rediss://`, as in `rediss://user:password@host:6379/0`; the path is the database. */
  readonly url: string;
  readonly cluster?: never;
}

/** A Redis Cluster. */
export interface RedisClusterOptions extends RedisCommonOptions {
  readonly url?: never;
  /** URLs of some of its nodes; the others are found. Credentials and `rediss:` hold for all nodes. */
  readonly cluster: readonly string[];
}

/** Settings of `redisStore`. */
export type RedisStoreOptions = RedisServerOptions | RedisClusterOptions;

/** What a URL says. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly db: number;
  readonly secure: boolean;
}

/** Options that make sense. */
export interface RedisSettings {
  readonly addresses: readonly [RedisAddress, ...RedisAddress[]];
  readonly isCluster: boolean;
  readonly prefix: string;
  readonly buckets: number;
  readonly tls: ConnectionOptions | undefined;
}

const largestBucketCount = 1024;
const prefixPattern = /^[\w.:-]{1,32}$/;

/** @throws OAuthConfigurationError when something is wrong; it never names a URL, which may hold a password */
export function checkOptions(options: RedisStoreOptions): RedisSettings {
  const { url, cluster, prefix = 'oauth', buckets = 16, tls } = options;
  if (!prefixPattern.test(prefix)) throw wrong('"prefix" is 1 to 32 of A-Z a-z 0-9 _ . : -');
  const isPower = Number.isInteger(buckets) && buckets > 0 && Number.isInteger(Math.log2(buckets));
  if (!isPower || buckets > largestBucketCount) throw wrong('"buckets" is a power of two up to 1024');
  if ((url === undefined) === (cluster === undefined)) throw wrong('give either "url" or "cluster"');
  const [first, ...others] = (cluster ?? [url]).map((each) => parse(each));
  if (first === undefined) throw wrong('"cluster" needs the URL of at least one node');
  const addresses = [first, ...others] as const;
  const isCluster = cluster !== undefined;
  if (isCluster && addresses.some(({ db }) => db !== 0)) {
    throw wrong('a cluster has only database 0: leave the path of its URLs empty');
  }
  if (tls !== undefined && !addresses.every(({ secure }) => secure)) {
    throw wrong('"tls" is for rediss:// URLs, and this one is redis://');
  }
  return { addresses, isCluster, prefix, buckets, tls };
}

function parse(text: string | undefined): RedisAddress {
  const url = URL.canParse(text ?? '') ? new URL(text ?? '') : undefined;
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hostname === '') {
    throw wrong('a URL looks like redis://user:password@host:6379/0, or rediss://… with TLS');
  }
  if (url.search !== '' || url.hash !== '') throw wrong('a URL has no query: other settings are options');
  const path = /^\/?(\d*)$/.exec(url.pathname);
  if (path === null) throw wrong('the path of a URL is the number of the database');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 6379 : Number(url.port),
    username: url.username === '' ? undefined : decoded(url.username),
    password: url.password === '' ? undefined : decoded(url.password),
    db: Number(path[1]),
    secure: url.protocol === 'rediss:',
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw wrong('the user or password in a URL must be percent-encoded');
  }
}

function wrong(reason: string): OAuthConfigurationError {
  return new OAuthConfigurationError(`store: redisStore: ${reason}.`);
}
