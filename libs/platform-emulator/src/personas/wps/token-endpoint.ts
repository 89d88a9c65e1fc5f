import { type Request } from 'express';
import { type WpsAppTickets } from './app-tickets.js';
import { type WpsCode } from './authorize.js';
import { refuse } from './errors.js';
import { companyId } from './identity.js';
import { type WpsTokens } from './tokens.js';
import { acceptsRedirect, type EmulatorClient } from '../../core/clients.js';
import { type Ledger } from '../../core/ledger.js';
import { type World } from '../../core/persona.js';
import { formOf, given, isForm } from '../../http/body.js';
import { jsonReply, type Reply } from '../../http/reply.js';

/** What the token endpoint works on. */
export interface TokenEndpointParts {
  readonly world: World;
  readonly codes: Ledger<WpsCode>;
  readonly tokens: WpsTokens;
  readonly appTickets: WpsAppTickets;
}

/**
 * `POST /oauth2/token`: exchanges codes, renews user tokens, and hands out app tokens.
 *
 * @see "获取用户 access_token"; "refresh-user-access-token", "isvapp-app-access-token" and
 * "isvapp-tenant-access-token" of open.wps.cn
 */
export async function answerToken(parts: TokenEndpointParts, request: Request): Promise<Reply> {
  if (!isForm(request)) return refuse('contentType');
  const form = formOf(request);
  const grantType = given(form, 'grant_type');
  if (!grantType) return refuse('grantTypeMissing');
  const answer = grants.get(grantType);
  if (!answer) return refuse('grantTypeUnsupported');
  const clientId = given(form, 'client_id');
  if (!clientId) return refuse('clientIdMissing');
  const secret = given(form, 'client_secret');
  if (!secret) return refuse('clientSecretMissing');
  const client = parts.world.clients.find('wps', clientId);
  if (!client) return refuse('clientIdInvalid');
  if (client.clientSecret !== secret) return refuse('clientSecretInvalid');
  return answer(parts, client, form);
}

const grants = new Map([
  ['authorization_code', exchange],
  ['refresh_token', refresh],
  ['client_credentials', appToken],
]);

async function exchange(
  { codes, tokens }: TokenEndpointParts,
  client: EmulatorClient,
  form: URLSearchParams,
): Promise<Reply> {
  const { clientId } = client;
  const text = given(form, 'code');
  if (!text) return refuse('codeMissing');
  const redirectUri = given(form, 'redirect_uri');
  if (!redirectUri) return refuse('redirectUriMissing');
  const { status, value: code } = codes.look(text);
  if (status === 'unknown' || (code.clientId ?? clientId) !== clientId) return refuse('codeInvalid');
  if (status === 'expired') return refuse('codeExpired');
  if (status !== 'live') return refuse('codeUsed');
  const matches = code.redirectUri ? code.redirectUri === redirectUri : acceptsRedirect(client, redirectUri);
  if (!matches) return refuse('redirectUriMismatch');
  codes.spend(text);
  return jsonReply(200, await tokens.start({ user: code.user, scopes: code.scopes, clientId }));
}

async function refresh(
  { tokens }: TokenEndpointParts,
  { clientId }: EmulatorClient,
  form: URLSearchParams,
): Promise<Reply> {
  const text = given(form, 'refresh_token');
  if (!text) return refuse('refreshTokenMissing');
  const rotated = await tokens.rotate(text, clientId);
  if (rotated.reply) return jsonReply(200, rotated.reply);
  if (rotated.status === 'expired') return refuse('refreshTokenExpired');
  return refuse(rotated.status === 'revoked' ? 'refreshTokenRevoked' : 'refreshTokenInvalid');
}

/** A self-built app gets its tenant's token at once; an ISV app names the tenant, or gets a token for itself alone. */
async function appToken(
  { tokens, appTickets }: TokenEndpointParts,
  { clientId, isv }: EmulatorClient,
  form: URLSearchParams,
): Promise<Reply> {
  if (!isv) return jsonReply(200, await tokens.issueAppToken({ clientId, companyId }));
  const ticket = given(form, 'app_ticket');
  const company = given(form, 'company_id');
  if (!ticket && !company) return jsonReply(200, await tokens.issueAppToken({ clientId }));
  if (!ticket) return refuse('appTicketMissing');
  if (!company) return refuse('companyIdMissing');
  if (!appTickets.accepts(clientId, ticket)) return refuse('appTicketInvalid');
  if (!/^[\w-]{1,64}$/.test(company)) return refuse('companyIdInvalid');
  return jsonReply(200, await tokens.issueAppToken({ clientId, companyId: company }));
}
