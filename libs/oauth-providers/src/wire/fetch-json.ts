import { type ErrorOperation, OAuthProviderError } from '../core/errors.js';
import { type NetworkReach } from '../core/network.js';
import { type HttpPort } from '../core/ports.js';
import { decode } from './decoders.js';
import { transportError } from './transport-error.js';

const maxBytes = 256 * 1024;

/** On whose behalf a public document is fetched. */
export interface Fetcher {
  readonly name: string;
  readonly timeoutMs: number;
  readonly reach: NetworkReach;
}

/**
 * Fetches a public JSON object of a platform (key set, metadata) under the same limits as every call.
 * @throws OAuthProviderError `transient` when it cannot be had
 */
export async function fetchJson(
  http: HttpPort,
  fetcher: Fetcher,
  operation: ErrorOperation,
  url: string,
): Promise<Readonly<Record<string, unknown>>> {
  const headers = { accept: 'application/json', 'user-agent': 'nestjs-oauth-providers' };
  const { timeoutMs, reach, name: provider } = fetcher;
  const reply = await http
    .send({ method: 'GET', url, headers, timeoutMs, maxBytes, reach })
    .catch((error: unknown) => {
      throw transportError(provider, operation, error);
    });
  const root = decode('json', reply.body);
  if (reply.status === 200 && typeof root === 'object' && root !== null && !Array.isArray(root)) {
    return root as Record<string, unknown>;
  }
  const reason = `the document (HTTP ${reply.status}) could not be read`;
  throw new OAuthProviderError({
    provider,
    operation,
    errorClass: 'transient',
    reason,
    httpStatus: reply.status,
  });
}
