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
  grantTypeMissing: [1102, 20181, 'grant_type is required'],
  grantTypeUnsupported: [1101, 20182, 'grant_type is not supported'],
  redirectUriMalformed: [1101, 20022, 'redirect_uri is missing or malformed'],
  redirectUriUnregistered: [1101, 20023, 'redirect_uri is not registered'],
  redirectUriMismatch: [1101, 20024, 'redirect_uri differs from the one of the authorization request'],
  scopeMalformed: [1101, 20041, 'scope is malformed or has more than 150 entries'],
  scopeInvalid: [1101, 20042, 'scope must contain openid'],
  codeMissing: [1102, 20151, 'code is required'],
  codeMalformed: [1101, 20152, 'code is malformed'],
  codeInvalid: [1103, 20153, 'code is invalid'],
  codeOfAnotherClient: [1101, 20154, 'code belongs to another client_id'],
  codeExpired: [1101, 20155, 'code has expired'],
  codeUsed: [1101, 20156, 'code has already been used'],
  codeVerifierMissing: [1102, 29001, 'code_verifier is required'],
  codeVerifierWrong: [1101, 29002, 'code_verifier does not match code_challenge'],
} as const;

export type HuaweiFailure = keyof typeof failures;

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
  const reply = jsonReply(status, value, { 'Content-Type': 'application/json;charset=utf-8' });
  return { ...reply, body: reply.body.replaceAll('/', '\\/') };
}

/**
 * A refusal of `rest.php`: HTTP 200, and the header `NSP_STATUS` is the only sign of failure. 6 session timeout,
 * 102 invalid token, 105 bad parameter.
 */
export function nspRefusal(status: 6 | 102 | 105, error: string): Reply {
  return jsonReply(
    200,
    { error },
    { 'Content-Type': 'application/json;charset=utf-8', NSP_STATUS: String(status) },
  );
}
