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
  refreshTokenMissing: [400, 400990008, 'refresh_token is required'],
  appTicketMissing: [400, 400990009, 'app_ticket is required'],
  companyIdMissing: [400, 400990010, 'company_id is required'],
  clientIdInvalid: [401, 401990001, 'client_id is invalid'],
  clientSecretInvalid: [401, 401990002, 'client_secret is invalid'],
  codeInvalid: [400, 400990011, 'code is invalid'],
  codeExpired: [400, 400990012, 'code has expired'],
  codeUsed: [400, 400990013, 'code has already been used'],
  redirectUriMismatch: [400, 400990014, 'redirect_uri does not match the one of the authorization request'],
  refreshTokenInvalid: [400, 400990021, 'refresh_token invalid or expired'],
  refreshTokenExpired: [400, 400990022, 'refresh_token has expired'],
  refreshTokenRevoked: [400, 400990023, 'refresh_token has been revoked'],
  appTicketInvalid: [400, 400990031, 'app_ticket is invalid'],
  companyIdInvalid: [400, 400990032, 'company_id is invalid'],
  accessTokenMissing: [401, 401990011, 'access_token is required'],
  accessTokenInvalid: [401, 401990012, 'access_token is invalid'],
  accessTokenExpired: [401, 401990013, 'access_token has expired'],
  scopeMissing: [403, 403990001, 'scope kso.user_base.read is not granted'],
  isvTokenNeeded: [403, 403990002, 'the app access_token of an ISV app is required'],
  userTokenNeeded: [403, 403990003, 'a user access_token is required'],
} as const;

export type WpsFailure = keyof typeof failures;

/** Answers a refusal. */
export function refuse(failure: WpsFailure): Reply {
  const [status, code, msg] = failures[failure];
  return jsonReply(status, { code, msg });
}
