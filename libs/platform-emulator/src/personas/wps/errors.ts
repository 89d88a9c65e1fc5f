import { jsonReply, type Reply } from '../../http/reply.js';

/**
 * What WPS refuses. The document gives only the shape `{code, msg}` with "code 非 0 表示失败": every number, HTTP status
 * and wording here is *invented* (README.md lists them) and must not be taken for WPS's own.
 */
const failures = {
  contentType: [400, 400990001, 'Content-Type must be application/x-www-form-urlencoded'],
  grantTypeMissing: [400, 400990002, 'grant_type is required'],
  grantTypeUnsupported: [400, 400990003, 'grant_type is not supported'],
  clientIdMissing: [400, 400990004, 'client_id is required'],
  clientSecretMissing: [400, 400990005, 'client_secret is required'],
  codeMissing: [400, 400990006, 'code is required'],
  redirectUriMissing: [400, 400990007, 'redirect_uri is required'],
  clientIdInvalid: [401, 401990001, 'client_id is invalid'],
  clientSecretInvalid: [401, 401990002, 'client_secret is invalid'],
  codeInvalid: [400, 400990011, 'code is invalid'],
  codeExpired: [400, 400990012, 'code has expired'],
  codeUsed: [400, 400990013, 'code has already been used'],
  redirectUriMismatch: [400, 400990014, 'redirect_uri does not match the one of the authorization request'],
  accessTokenMissing: [401, 401990011, 'access_token is required'],
  accessTokenInvalid: [401, 401990012, 'access_token is invalid'],
  accessTokenExpired: [401, 401990013, 'access_token has expired'],
  scopeMissing: [403, 403990001, 'scope kso.user_base.read is not granted'],
} as const;

export type WpsFailure = keyof typeof failures;

/** Answers a refusal. */
export function refuse(failure: WpsFailure): Reply {
  const [status, code, msg] = failures[failure];
  return jsonReply(status, { code, msg });
}
