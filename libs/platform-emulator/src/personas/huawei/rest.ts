import { type Request } from 'express';
import { type NspStatus, nspRefusal } from './errors.js';
import { hasProfile, identityOf } from './identity.js';
import { type HuaweiToken, type HuaweiTokens } from './tokens.js';
import { type Standing } from '../../core/ledger.js';
import { type Site, type World } from '../../core/persona.js';
import { expand } from '../../core/randomness.js';
import { formOf, given, queryOf } from '../../http/body.js';
import { jsonReply, type Reply } from '../../http/reply.js';
import { avatarUrl } from '../../pages/avatar.js';

/** `getTokenInfo` calls its JSON text. */
const plain = { 'Content-Type': 'text/plain;charset=utf-8' };
const json = { 'Content-Type': 'application/json;charset=utf-8' };

/** `POST /rest.php`: `nsp_svc` names the service, in the query or, as the vendor's demo sends it, in the body. */
export function answerRest(world: World, tokens: HuaweiTokens, request: Request, site: Site): Reply {
  const form = formOf(request);
  const query = queryOf(request);
  switch (given(query, 'nsp_svc') ?? given(form, 'nsp_svc')) {
    case 'GOpen.User.getInfo':
      return getInfo(tokens, form, site);
    case 'huawei.oauth2.user.getTokenInfo':
      return getTokenInfo(world, tokens, query, form);
    default:
      return nspRefusal(105, 'nsp_svc is missing or unknown');
  }
}

/** @see "get-user-info-get-nickname-and-avatar" of Huawei's Account Kit REST reference */
function getInfo(tokens: HuaweiTokens, form: URLSearchParams, site: Site): Reply {
  const text = given(form, 'access_token');
  if (!text) return nspRefusal(105, 'access_token is required');
  const { status, value: token } = tokens.access(text);
  if (status === 'live') {
    return jsonReply(200, userInfo(token.value, form.get('getNickName') === '1', site), json);
  }
  if (tokens.app(text).status === 'live') return nspRefusal(403, 'no permission');
  return nspRefusal(...failureOf(status));
}

/**
 * Tells whose a token is and how many seconds it has left, under the name `expire_in`.
 *
 * @see "get-token-info" of Huawei's Account Kit REST reference
 */
function getTokenInfo(
  world: World,
  tokens: HuaweiTokens,
  query: URLSearchParams,
  form: URLSearchParams,
): Reply {
  if ((given(query, 'nsp_fmt') ?? given(form, 'nsp_fmt')) !== 'JSON') {
    return nspRefusal(501, 'nsp_fmt must be JSON', plain);
  }
  const text = given(form, 'access_token');
  if (!text) return nspRefusal(102, 'invalid session', plain);
  const left = (expiresAt: number) => Math.ceil((expiresAt - world.clock.now()) / 1000);
  const app = tokens.app(text);
  if (app.status !== 'unknown') {
    if (app.status !== 'live') return nspRefusal(...failureOf(app.status), plain);
    world.counters.add('huawei', 'introspections');
    return jsonReply(200, { expire_in: left(app.expiresAt), ...appOf(app.value.clientId), type: 1 }, plain);
  }
  const user = tokens.access(text);
  if (user.status !== 'live') return nspRefusal(...failureOf(user.status), plain);
  const { value } = user.value;
  const { openID, unionID } = identityOf(value.user, value.clientId);
  world.counters.add('huawei', 'introspections');
  const info = {
    union_id: unionID,
    scope: value.scopes.length ? value.scopes.join(' ') : undefined,
    open_id: form.get('open_id') === 'OPENID' ? openID : undefined,
    expire_in: left(user.expiresAt),
    ...appOf(value.clientId),
    type: 0,
  };
  return jsonReply(200, info, plain);
}

function failureOf(status: Exclude<Standing<unknown>['status'], 'live'>): [NspStatus, string] {
  if (status === 'unknown') return [102, 'invalid session'];
  return status === 'expired' ? [6, 'session timeout'] : [31204, 'token revoked'];
}

function appOf(clientId: string): { client_id: string; project_id: string } {
  const number = expand(`huawei\nproject\n${clientId}`, 6).readUIntBE(0, 6);
  return { client_id: clientId, project_id: `7${String(number).padStart(17, '0')}` };
}

/** Name and picture need the scope profile; without getNickName=1 the name is the anonymised account. */
function userInfo({ user, clientId, scopes }: HuaweiToken, wantsNickname: boolean, site: Site) {
  return {
    ...identityOf(user, clientId),
    ...(hasProfile(scopes) && {
      displayName: wantsNickname ? user.name : user.account,
      displayNameFlag: wantsNickname ? 0 : 1,
      headPictureURL: avatarUrl(site.origin, 'huawei', user),
    }),
  };
}
