import { StoreUnavailableError } from '../../store-errors.js';

/** What PostgreSQL, pg or the network calls an error; undefined when it is none of theirs. */
export function codeOf(error: unknown): string | undefined {
  // Its class cannot be asked for: an error of the network may be of another realm than this module.
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code === 'string' && code !== '') return code;
  return spoken.find(([pattern]) => pattern.test(String(message)))?.[1];
}

/** pg gives its own errors no codes. */
const spoken: readonly (readonly [RegExp, string])[] = [
  [/timeout exceeded when trying to connect|timeout expired|due to connection timeout/, 'CONNECT_TIMEOUT'],
  [/Query read timeout/, 'QUERY_TIMEOUT'],
  [/Connection terminated|not queryable|Client was closed/, 'CONNECTION_LOST'],
  [/does not support SSL|establishing an SSL connection/, 'NO_TLS'],
  [/SASL|SCRAM/, 'AUTHENTICATION'],
  [/pool after calling end/, 'CLOSED'],
];

/** Two statements met: both were undone, and the one that lost can be made again. */
export function hasLostRace(error: unknown): boolean {
  return ['40001', '40P01'].includes(codeOf(error) ?? '');
}

/**
 * The connection was not as it should be: it was cut, the server was shut down or is another by now, or a plan
 * was made before the tables were upgraded. With a new connection a read succeeds.
 */
export function hasLostConnection(error: unknown): boolean {
  return /^(57P0[123]|08\w{3}|25006|0A000|26000|CONNECTION_LOST|ECONNRESET|EPIPE)$/.test(codeOf(error) ?? '');
}

/** Data that cannot be stored, or a mistake of ours: repeating it would not help. */
function isDefinite(code: string): boolean {
  return /^(22|23|42|XX001|XX002)/.test(code);
}

/** Whether one of several in a statement may be the cause of its failure, so that the others would succeed alone. */
export function mayBeOfOne(error: unknown): boolean {
  const code = codeOf(error);
  return code === undefined || isDefinite(code);
}

/** Says that the store could not answer; what is no failure of the store stays what it is. */
export function asUnavailable(error: unknown): Error {
  const code = codeOf(error);
  if (code !== undefined) return new StoreUnavailableError('postgres', code, error);
  return error instanceof Error ? error : new Error('A statement failed.', { cause: error });
}

/** Of a store that was closed. */
export function closedError(): StoreUnavailableError {
  return new StoreUnavailableError('postgres', 'CLOSED');
}
