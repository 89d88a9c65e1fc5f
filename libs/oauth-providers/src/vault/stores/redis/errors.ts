import { OAuthConfigurationError } from '../../../core/errors.js';
import { StoreUnavailableError } from '../../store-errors.js';
import { type RedisAddress } from './options.js';

const engine = 'redis';

/** What ioredis says without a code of the system or of the server. */
const knownMessages: readonly (readonly [RegExp, string])[] = [
  [/timed out/i, 'TIMEOUT'],
  [/READONLY/, 'READONLY'],
  [/isn't (writeable|ready)|startup nodes|refresh slots cache/, 'NOT_CONNECTED'],
  [/Connection is closed|connection close|Cluster is/i, 'CONNECTION_LOST'],
  [/redirections/, 'CLUSTER_REDIRECTIONS'],
];

/**
 * The code of a failure: the system's (`ECONNREFUSED`), the server's (`LOADING`, `CLUSTERDOWN`) or one of ours.
 * Never more of it: an error of ioredis carries the command, and that may hold a password.
 */
export function codeOf(error: unknown): string {
  const { code, message = '' } = error as { code?: unknown; message?: string };
  if (typeof code === 'string') return code;
  const known = knownMessages.find(([pattern]) => pattern.test(message));
  return known?.[1] ?? /^[A-Z]{3,}\b/.exec(message)?.[0] ?? 'UNKNOWN';
}

/** What a method rejects with. */
export function unavailable(error: unknown): StoreUnavailableError {
  return new StoreUnavailableError(engine, codeOf(error));
}

/** What a method rejects with once the store is closed. */
export function closedError(): StoreUnavailableError {
  return new StoreUnavailableError(engine, 'CLOSED');
}

/** @returns the sentence that says why a store cannot be opened */
export function cannotOpen(address: RedisAddress, errors: readonly unknown[]): OAuthConfigurationError {
  const found = errors.map((error) => sentenceOf(String((error as Partial<Error>).message), codeOf(error)));
  const reason =
    found.find((sentence) => sentence !== undefined) ??
    `it cannot be reached (${codeOf(errors.at(-1))}): check the URL, that it runs, and rediss:// for TLS`;
  return refusal(`cannot use Redis at ${address.host}:${address.port}: ${reason}`);
}

export function refusal(reason: string): OAuthConfigurationError {
  return new OAuthConfigurationError(`store: redisStore ${reason}.`);
}

function sentenceOf(message: string, code: string): string | undefined {
  if (/WRONGPASS|NOAUTH|invalid (username-)?password/i.test(message)) {
    return 'it refuses the user or password of the URL';
  }
  if (/DB index is out of range/.test(message)) return 'it has no database of the number in the URL';
  if (/Protocol error|Unknown RESP type/i.test(message)) return 'what answers there is not Redis';
  if (/cluster support disabled/.test(message)) return 'it is no cluster: name it as "url"';
  if (/NOPERM/.test(message)) return 'its user may not run the commands that are needed (see its ACL)';
  if (/CERT|certificate|SELF_SIGNED|ALTNAME|SSL|EPROTO/i.test(`${code} ${message}`)) {
    return `no TLS connection comes about (${code}): check rediss:// and "tls"`;
  }
  if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code)) return `nobody knows that host (${code})`;
  if (/^E[A-Z]+$/.test(code)) return `it cannot be reached (${code}): check the URL and that it runs`;
  if (code === 'TIMEOUT') return 'it does not answer in time: check that it is Redis, and rediss:// for TLS';
  if (code === 'LOADING') return 'it is still loading its data: try again';
  return undefined;
}
