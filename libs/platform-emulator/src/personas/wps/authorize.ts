import { acceptsRedirect } from '../../core/clients.js';
import { type World } from '../../core/persona.js';
import { type DemoUser } from '../../core/users.js';
import { given } from '../../http/body.js';
import { type AuthorizeRequest, withQuery } from '../../pages/authorize.js';

/** What a WPS code stands for. */
export interface WpsCode {
  readonly user: DemoUser;
  readonly scopes: readonly string[];
  readonly clientId?: string | undefined;
  readonly redirectUri?: string | undefined;
}

const scopePattern = /^kso\.[a-z0-9_]+(\.[a-z0-9_]+)*$/;

/**
 * Reads `GET /oauth2/auth`. Scopes are separated by commas; blanks are refused with `invalid_scope`, as clients
 * report. Refusals reach the client in the query, the way clients read them (the document is silent).
 *
 * @see "user-authorization/flow" of open.wps.cn
 */
export function readAuthorize(
  world: World,
  query: URLSearchParams,
  issue: (code: WpsCode) => string,
): AuthorizeRequest {
  const clientId = given(query, 'client_id');
  const client = clientId === undefined ? undefined : world.clients.find('wps', clientId);
  if (!client) return { kind: 'error', code: 'client_id', detail: 'client_id is missing or unknown' };
  const redirectUri = given(query, 'redirect_uri');
  if (!redirectUri || !acceptsRedirect(client, redirectUri)) {
    const detail = 'redirect_uri is missing or is not a registered authorization callback';
    return { kind: 'error', code: 'redirect_uri', detail };
  }

  const state = query.get('state');
  const refused = (error: string, description: string): string =>
    withQuery(redirectUri, { error, error_description: description, state });
  if (query.get('response_type') !== 'code') {
    const location = refused('unsupported_response_type', 'response_type must be code');
    return { kind: 'redirect', location };
  }
  const scopes = query.get('scope')?.split(',') ?? [];
  if (!scopes.length || !scopes.every((scope) => scopePattern.test(scope))) {
    return { kind: 'redirect', location: refused('invalid_scope', 'scope is missing or invalid') };
  }
  return {
    kind: 'ask',
    clientId: client.clientId,
    redirectUri,
    scopes,
    approve: (user) =>
      withQuery(redirectUri, {
        code: issue({ user, scopes, clientId: client.clientId, redirectUri }),
        state,
      }),
    deny: () => refused('access_denied', 'the user denied the request'),
  };
}
