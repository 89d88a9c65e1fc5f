import { jsonReply, type Reply } from '../../http/reply.js';

/**
 * The pairs `error`/`sub_error` of Huawei's error table, except `codeVerifier…`: no table has PKCE failures, so those
 * are *invented* (README.md). The descriptions are ours.
 */
const failures = {
  clientIdMissing: [1102, 20001, 'client_id is required'],
  clientIdMalformed: [1101, 20002, 'client_id is malformed'],
  clientIdUnknown: [1101, 20003, 'client_id does not exist'],
  secretMissing: [1101, 20085, 'client_secret is empty'],
  secretMalformed: [1101, 20172, 'client_secret is malformed'],
  secretWrong: [1203, 12304, 'client_secret is wrong'],
  secretEmpty: [1101, 20171, 'client_secret is empty'],
  secretWrongForApp: [1101, 12304, 'invalid client_secret'],
  grantTypeMissing: [1102, 20181, 'grant_type is required'],
  grantTypeUnsupported: [1101, 20182, 'grant_type is not supported'],
  redirectUriMalformed: [1101, 20022, 'redirect_uri is missing or malformed'],
  redirectUriUnregistered: [1101, 20023, 'redirect_uri is not registered'],
  redirectUriMismatch: [1101, 20024, 'redirect_uri differs from the one of the authorization request'],
  scopeMalformed: [1101, 20041, 'scope is malformed or has more than 150 entries'],
  scopeInvalid: [1101, 20042, 'scope must contain openid'],
  scopeNotGranted: [1101, 20042, 'scope is not part of what was granted'],
  codeMissing: [1102, 20151, 'code is required'],
  codeMalformed: [1101, 20152, 'code is malformed'],
  codeInvalid: [1103, 20153, 'code is invalid'],
  codeOfAnotherClient: [1101, 20154, 'code or refresh_token belongs to another client_id'],
  codeExpired: [1101, 20155, 'code has expired'],
  codeUsed: [1101, 20156, 'code has already been used'],
  codeVerifierMissing: [1102, 29001, 'code_verifier is required'],
  codeVerifierWrong: [1101, 29002, 'code_verifier does not match code_challenge'],
  refreshTokenMissing: [1102, 20191, 'refresh_token is required'],
  refreshTokenMalformed: [1101, 20192, 'refresh_token is malformed'],
  refreshTokenUnknown: [1203, 31202, 'refresh_token cannot be parsed'],
  refreshTokenIllegal: [1203, 31218, 'token is illegal'],
  tokenMissing: [1102, 20221, 'token is required'],
  tokenMalformed: [1101, 20222, 'token is malformed'],
  tokenInvalid: [1203, 17009, 'token is not a user token'],
  tokenUnknown: [1203, 31202, 'token cannot be parsed'],
  tokenExpired: [1203, 11205, 'token expired'],
  tokenRevoked: [1203, 31204, 'token revoked'],
  idTokenMissing: [1500, 15007, 'id_token is empty'],
  idTokenMalformed: [1500, 15008, 'id_token is malformed'],
  idTokenUnreadable: [1203, 150021, 'id_token cannot be parsed'],
  idTokenHeader: [1203, 100305, 'id_token header cannot be parsed'],
  idTokenPayload: [1203, 100306, 'id_token payload cannot be parsed'],
  idTokenSignature: [1203, 150023, 'id_token signature cannot be parsed'],
  idTokenKeyUnknown: [1400, 14004, 'jwk not found error'],
  idTokenUnverified: [1500, 15004, 'id_token cannot be verified'],
  idTokenIssuer: [1500, 15005, 'id_token issuer is wrong'],
  idTokenExpired: [1500, 15006, 'id_token has expired'],
} as const;

export type HuaweiFailure = keyof typeof failures;

const json = { 'Content-Type': 'application/json;charset=utf-8' };

/** The pair and the words of a failure, for the error page. */
export function describe(failure: HuaweiFailure): { code: string; detail: string } {
  const [error, subError, detail] = failures[failure];
  return { code: `${error}/${subError}`, detail };
}

/** A refusal of the token endpoint: HTTP 400 with numbers. */
export function refuse(failure: HuaweiFailure): Reply {
  const [error, sub_error, error_description] = failures[failure];
  return tokenReply(400, { error, sub_error, error_description });
}

/**
 * JSON as the token endpoint writes it: `/` arrives as `\/`, which is the same to every JSON reader and not to those
 * who look for a token in the text.
 */
export function tokenReply(status: number, value: unknown): Reply {
  const reply = jsonReply(status, value, json);
  return { ...reply, body: reply.body.replaceAll('/', '\\/') };
}

/** 6 expired, 102 invalid, 105 bad parameter, 403 no permission, 501 wrong service, 31204 revoked. */
export type NspStatus = 6 | 102 | 105 | 403 | 501 | 31204;

/** A refusal of `rest.php`: HTTP 200, and the header `NSP_STATUS` is the only sign of failure. */
export function nspRefusal(
  status: NspStatus,
  error: string,
  headers: Readonly<Record<string, string>> = json,
): Reply {
  return jsonReply(200, { error }, { ...headers, NSP_STATUS: String(status) });
}
