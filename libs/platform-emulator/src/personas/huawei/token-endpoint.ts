import { type Request } from 'express';
import { type HuaweiCode } from './authorize.js';
import { type HuaweiFailure, refuse, tokenReply } from './errors.js';
import { readClient, readExchange } from './exchange.js';
import { type HuaweiTokens, type IdTokenNeeds } from './tokens.js';
import { type EmulatorClient } from '../../core/clients.js';
import { type Ledger } from '../../core/ledger.js';
import { type Site, type World } from '../../core/persona.js';
import { type SlidingQuota } from '../../core/quota.js';
import { formOf, given } from '../../http/body.js';
import { emptyReply, type Reply } from '../../http/reply.js';

/** What the token endpoint works on. */
export interface TokenEndpointParts {
  readonly world: World;
  readonly codes: Ledger<HuaweiCode>;
  readonly tokens: HuaweiTokens;
  /** App tokens per client. */
  readonly appTokenQuota: SlidingQuota;
}

interface Asked {
  readonly client: EmulatorClient;
  readonly form: URLSearchParams;
  readonly needs: IdTokenNeeds;
}

/**
 * `POST /oauth2/v3/token`: exchanges codes, renews user tokens, and hands out app tokens.
 *
 * @see "Web应用怎样获取Access Token？" 2.2 and 3; "obtain-user-token", "obtain-refresh-token" and "obtain-app-token" of
 * Huawei's Account Kit REST reference
 */
export async function answerToken(parts: TokenEndpointParts, request: Request, site: Site): Promise<Reply> {
  const form = formOf(request);
  const grantType = given(form, 'grant_type');
  if (!grantType) return refuse('grantTypeMissing');
  const answer = grants.get(grantType);
  if (!answer) return refuse('grantTypeUnsupported');
  const known = readClient(parts.world.clients, form);
  if (known.failure) return refuse(clientFailures.get(grantType)?.[known.failure] ?? known.failure);
  const algorithm = form.get('supportAlg') === 'PS256' ? 'PS256' : 'RS256';
  return answer(parts, { client: known.client, form, needs: { site, algorithm } });
}

const grants = new Map([
  ['authorization_code', exchange],
  ['refresh_token', refresh],
  ['client_credentials', appToken],
]);

/** The error tables of the three grants differ in what a missing and a wrong client_secret are called. */
const clientFailures = new Map<string, Partial<Record<HuaweiFailure, HuaweiFailure>>>([
  ['refresh_token', { secretMissing: 'secretEmpty' }],
  ['client_credentials', { secretMissing: 'secretEmpty', secretWrong: 'secretWrongForApp' }],
]);

async function exchange(
  { codes, tokens }: TokenEndpointParts,
  { client, form, needs }: Asked,
): Promise<Reply> {
  const read = readExchange(codes, client, form);
  if (read.failure) return refuse(read.failure);
  const { nonce } = read.code;
  return tokenReply(200, await tokens.start(read.code, client.clientId, { ...needs, nonce }));
}

async function refresh({ tokens }: TokenEndpointParts, { client, form, needs }: Asked): Promise<Reply> {
  const text = given(form, 'refresh_token');
  if (!text) return refuse('refreshTokenMissing');
  if (!/^[0-9a-zA-Z=/+\\]+$/.test(text)) return refuse('refreshTokenMalformed');
  if (text.includes('\\')) return refuse('refreshTokenIllegal');
  const { status, value: token } = tokens.refresh(text);
  if (status === 'unknown') return refuse('refreshTokenUnknown');
  if (token.value.clientId !== client.clientId) return refuse('codeOfAnotherClient');
  if (status === 'expired') return refuse('tokenExpired');
  if (status !== 'live') return refuse('tokenRevoked');
  const narrowed = narrow(token.value.scopes, form.get('scope'));
  if ('failure' in narrowed) return refuse(narrowed.failure);
  return tokenReply(200, await tokens.renew(token, narrowed.scopes, needs));
}

/**
 * The new access token gets what is in both the grant and the request; `NO_SCOPE` asks for nothing. When nothing of
 * what was asked was granted, it was made up: 20042.
 */
function narrow(
  granted: readonly string[],
  asked: string | null,
): { scopes: readonly string[] } | { failure: HuaweiFailure } {
  if (!asked) return { scopes: granted };
  if (asked === 'NO_SCOPE') return { scopes: [] };
  const list = asked.split(' ').filter(Boolean);
  if (list.length > 150 || !/^[0-9a-zA-Z:/.\\ ]+$/.test(asked)) return { failure: 'scopeMalformed' };
  const scopes = granted.filter((scope) => list.includes(scope));
  return scopes.length ? { scopes } : { failure: 'scopeNotGranted' };
}

/** 1000 in any 5 minutes per client; then flow control, HTTP 503. */
function appToken(
  { tokens, appTokenQuota }: TokenEndpointParts,
  { client: { clientId } }: Asked,
): Promise<Reply> {
  const reply = appTokenQuota.take(clientId)
    ? tokenReply(200, tokens.issueAppToken(clientId))
    : emptyReply(503);
  return Promise.resolve(reply);
}
