import { OAuthConfigurationError } from '../../../core/errors.js';
import { codeOf } from './failures.js';
import { type PostgresSettings } from './options.js';

/** Says in a sentence why a store could not be opened; never with what is in the URL besides host and port. */
export function openFailure(error: unknown, settings: PostgresSettings): OAuthConfigurationError {
  if (error instanceof OAuthConfigurationError) return error;
  const code = codeOf(error) ?? 'unknown';
  const because = reasonOf(code, error, settings);
  return new OAuthConfigurationError(
    `store: postgresStore cannot open its database at ${settings.place}: ${because}`,
    {
      cause: error,
    },
  );
}

function reasonOf(code: string, error: unknown, { schema, poolSize }: PostgresSettings): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `nobody listens there (${code}). Start PostgreSQL, or correct host and port.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the host is not known (${code}).`;
    case 'CONNECT_TIMEOUT':
    case 'QUERY_TIMEOUT':
    case 'ETIMEDOUT':
      return `there was no answer in time (${code}).`;
    case '28P01':
    case '28000':
    case 'AUTHENTICATION':
      return `it refuses the user or the password (${code}).`;
    case '3D000':
      return `there is no such database (${code}). Create it, or correct the name in the URL.`;
    case '42501':
      return (
        `the user may not create or use the schema "${schema}" (${code}). ` +
        `Let an administrator run CREATE SCHEMA ${schema} AUTHORIZATION <user>.`
      );
    case '25006':
      return `it is read-only (${code}). Name the primary, not a standby.`;
    case '53300':
      return `it has no connection left (${code}). Raise max_connections, or lower poolSize (${poolSize} per process).`;
    case 'NO_TLS':
      return `it offers no TLS (${code}). Turn TLS on there, or use sslmode=disable.`;
    default:
      return `${textOf(code, error)} (${code}).`;
  }
}

function textOf(code: string, error: unknown): string {
  // The server's own words and those about certificates name no secret; what else there is, might.
  const known = /^[0-9A-Z]{5}$/.test(code) || /CERT|TLS|SSL/.test(code);
  return known ? String((error as { readonly message?: unknown }).message) : 'the connection failed';
}
