import { jsonReply, type Reply } from '../../http/reply.js';

/**
 * The codes of AnyWeb's error tables that these endpoints use; success is the number 1000, failures are strings. No
 * document has the answer to one exchange too many: `dailyLimit` is *invented* (README.md).
 */
const failures = {
  accessTokenMissing: ['A107P001', 'accessToken is required'],
  appidMissing: ['A107P002', 'appid is required'],
  unionidMissing: ['A107P003', 'unionid is required'],
  secretMissing: ['A107P004', 'secret is required'],
  secretInvalid: ['A107P005', 'secret is invalid'],
  accessTokenInvalid: ['A107P006', 'accessToken is invalid'],
  appidInvalid: ['A107P007', 'appid is invalid'],
  unionidInvalid: ['A107P008', 'unionid is invalid'],
  codeInvalid: ['A107P009', 'code is invalid'],
  unauthorized: ['A107P011', 'the user has not granted this'],
  userUnknown: ['A107P012', 'the user does not exist'],
  refreshTokenInvalid: ['A107B013', 'refreshToken is invalid'],
  serviceTokenInvalid: ['A108P001', 'serviceToken is wrong'],
  serviceAppidMissing: ['A108P002', 'appid is required'],
  serviceSecretMissing: ['A108P003', 'secret is required'],
  serviceSecretInvalid: ['A108P004', 'secret is invalid'],
  serviceAppidInvalid: ['A108P005', 'appid is invalid'],
  serviceUnauthorized: ['A108P006', 'the user has not granted this'],
  groupMalformed: ['A108P007', 'group is malformed'],
  dailyLimit: ['A107B901', 'the daily limit of 2000 calls is reached'],
} as const;

export type AnywebFailure = keyof typeof failures;

/** A refusal. The HTTP status of refusals is documented nowhere; the emulator answers 200. */
export function refuse(failure: AnywebFailure): Reply {
  const [code, message] = failures[failure];
  return jsonReply(200, { code, message });
}

/** A success. */
export function succeed(data: Readonly<Record<string, unknown>>): Reply {
  return jsonReply(200, { code: 1000, message: 'success', data });
}
