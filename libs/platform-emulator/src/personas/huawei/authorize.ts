import { describe, type HuaweiFailure } from './errors.js';
import { acceptsRedirect, type EmulatorClient } from '../../core/clients.js';
import { type World } from '../../core/persona.js';
import { type DemoUser } from '../../core/users.js';
import { given } from '../../http/body.js';
import { type AuthorizeRequest, withFragment, withQuery } from '../../pages/authorize.js';

/** What a Huawei code stands for. */
export interface HuaweiCode {
  readonly user: DemoUser;
  readonly scopes: readonly string[];
  readonly clientId?: string | undefined;
  readonly redirectUri?: string | undefined;
  /** Whether the code leads to a refresh token (`access_type=offline`). */
  readonly isOffline: boolean;
  readonly challenge?: string | undefined;
  readonly nonce?: string | undefined;
}

/** How a denial is answered: two documents say two things. */
const denialOption = {
  name: 'denial',
  label: '拒绝的方式 / how a denial is answered',
  values: [
    { value: 'fragment', label: '#error=1107 (fragment, no state)' },
    { value: 'query', label: '?error=access_denied (query, with state)' },
  ],
};

/**
 * Reads `GET /oauth2/v3/authorize`. A request that is wrong gets an error page with the numbers of the error table:
 * no document has it redirected.
 *
 * @see "Web应用怎样获取Access Token？" 2.1
 */
export function readAuthorize(
  world: World,
  query: URLSearchParams,
  issue: (code: HuaweiCode) => string,
): AuthorizeRequest {
  const clientId = given(query, 'client_id');
  if (!clientId) return refused('clientIdMissing');
  if (!isAppId(clientId)) return refused('clientIdMalformed');
  const client = world.clients.find('huawei', clientId);
  if (!client) return refused('clientIdUnknown');
  const redirectUri = given(query, 'redirect_uri');
  if (!redirectUri || !URL.canParse(redirectUri)) return refused('redirectUriMalformed');
  if (!isRegistered(client, redirectUri)) return refused('redirectUriUnregistered');
  if (query.get('response_type') !== 'code') {
    return { kind: 'error', code: 'response_type', detail: 'response_type must be code' };
  }
  const scopes = (query.get('scope') ?? '').split(' ').filter(Boolean);
  if (scopes.length > 150 || !scopes.every((scope) => /^[0-9a-zA-Z:/.]+$/.test(scope))) {
    return refused('scopeMalformed');
  }
  if (!scopes.includes('openid')) return refused('scopeInvalid');
  const challenge = given(query, 'code_challenge');
  if (challenge !== undefined && !isS256(challenge, query.get('code_challenge_method'))) {
    return { kind: 'error', code: 'code_challenge', detail: 'code_challenge_method must be S256' };
  }

  const state = query.get('state');
  const isOffline = query.get('access_type') === 'offline';
  const request = { scopes, clientId, redirectUri, isOffline, challenge, nonce: given(query, 'nonce') };
  return {
    kind: 'ask',
    clientId,
    redirectUri,
    scopes,
    option: denialOption,
    approve: (user) => withQuery(redirectUri, { code: issue({ ...request, user }), state }),
    deny: (form) =>
      form.get('denial') === 'query'
        ? withQuery(redirectUri, { error: 'access_denied', error_description: 'access denied', state })
        : withFragment(redirectUri, { error: '1107', error_description: 'access denied' }),
  };
}

/** Huawei's client ids are the numbers of apps. */
export function isAppId(clientId: string): boolean {
  return /^[0-9]{1,64}$/.test(clientId);
}

/** A registered redirect URI may carry one more query parameter than was registered. */
export function isRegistered(client: EmulatorClient, redirectUri: string): boolean {
  const extended = client.redirectUris?.some((registered) => {
    const rest = redirectUri.startsWith(registered) ? redirectUri.slice(registered.length) : '';
    return (registered.includes('?') ? /^&[^&=#]+=[^&#]*$/ : /^\?[^&=#]+=[^&#]*$/).test(rest);
  });
  return (extended ?? false) || acceptsRedirect(client, redirectUri);
}

function isS256(challenge: string, method: string | null): boolean {
  return method === 'S256' && /^[\w-]{43}$/.test(challenge);
}

function refused(failure: HuaweiFailure): AuthorizeRequest {
  return { kind: 'error', ...describe(failure) };
}
