import { type ClientConfig } from 'pg';
import { type PostgresSettings } from './options.js';
import { parserOf } from './values.js';

export const connectTimeoutMs = 3_000;
/** The server gives up before this process does, so that it is known how a statement ended. */
const statementTimeoutMs = 5_000;
const queryTimeoutMs = 6_000;
const keepAliveAfterMs = 10_000;

/**
 * Every statement reads by an index. A plan is made once per connection, perhaps while a table was empty, and must
 * still be right when there are a million rows, before statistics tell so.
 */
const planner = [
  'plan_cache_mode=force_generic_plan',
  'enable_seqscan=off',
  'enable_bitmapscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
  'jit=off',
];

/** How connections are made. */
export interface Connecting extends ClientConfig {
  readonly max: number;
  readonly idleTimeoutMillis: number;
}

/** For the pool; `plain` leaves out what some poolers refuse in a connection's first message. */
export function connecting(settings: PostgresSettings, plain: boolean): Connecting {
  return {
    ...base(settings),
    max: settings.poolSize,
    idleTimeoutMillis: 60_000,
    query_timeout: queryTimeoutMs,
    ...(!plain && {
      options: ['', ...planner, `statement_timeout=${statementTimeoutMs}`].join(' -c ').trim(),
    }),
  };
}

/** For a connection of its own: that which creates the tables, or which listens. */
export function connectingAlone(settings: PostgresSettings, timeoutMs: number): ClientConfig {
  return { ...base(settings), query_timeout: timeoutMs };
}

function base({ connectionString, ssl }: PostgresSettings): ClientConfig {
  return {
    connectionString,
    ...(ssl !== undefined && { ssl }),
    application_name: 'nestjs-oauth-providers',
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveAfterMs,
    types: { getTypeParser: parserOf },
  };
}
