import { type Request } from 'express';
import { refuse } from './errors.js';
import { type HuaweiTokens } from './tokens.js';
import { type World } from '../../core/persona.js';
import { formOf, given } from '../../http/body.js';
import { jsonReply, type Reply } from '../../http/reply.js';

/**
 * `POST /oauth2/v3/revoke`: ends a user's tokens. An access and its refresh token are a pair: with one the other dies,
 * and so does everything else of the grant. Whoever has the token may do it; there is no client authentication.
 *
 * @see "obtain-revoke-token" of Huawei's Account Kit REST reference
 */
export function answerRevoke(world: World, tokens: HuaweiTokens, request: Request): Reply {
  const text = given(formOf(request), 'token');
  if (!text) return refuse('tokenMissing');
  if (!/^[0-9a-zA-Z=/+\\]+$/.test(text)) return refuse('tokenMalformed');
  if (text.includes('\\')) return refuse('refreshTokenIllegal');
  const access = tokens.access(text);
  const { status, value: token } = access.status === 'unknown' ? tokens.refresh(text) : access;
  if (status === 'unknown') return refuse(isApps(tokens, text) ? 'tokenInvalid' : 'tokenUnknown');
  if (status === 'expired') return refuse('tokenExpired');
  if (status !== 'live') return refuse('tokenRevoked');
  token.grant.isRevoked = true;
  world.counters.add('huawei', 'revocations');
  return jsonReply(200, {});
}

/** App tokens are none of this endpoint's business. */
function isApps(tokens: HuaweiTokens, text: string): boolean {
  return tokens.app(text).status !== 'unknown';
}
