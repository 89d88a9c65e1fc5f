import { jsonReply, type Reply } from '../../http/reply.js';

/** What 猿之棒 refuses: 4101 bad parameter, 4102 a code or token is invalid, 4103 no permission. */
const failures = {
  appIdInvalid: ['4101', 'app_id is invalid'],
  secretInvalid: ['4101', 'secret is invalid'],
  grantTypeInvalid: ['4101', 'grant_type is invalid'],
  codeMissing: ['4101', 'code is required'],
  openIdInvalid: ['4101', 'open_id is invalid'],
  accessTokenMissing: ['4101', 'access_token is required'],
  refreshTokenMissing: ['4101', 'refresh_token is required'],
  typeInvalid: ['4101', 'type is invalid'],
  codeInvalid: ['4102', 'authorization_code is invalid'],
  serverTokenInvalid: ['4102', 'server_access_token is invalid'],
  userTokenInvalid: ['4102', 'access_token is invalid'],
  refreshTokenInvalid: ['4102', 'refresh_token is invalid'],
  ticketInvalid: ['4102', 'js_ticket is invalid'],
  notGranted: ['4103', 'the user has not granted this access'],
} as const;

export type YuanzhibangFailure = keyof typeof failures;

/** A refusal: HTTP 200, the status as a string, and PHP's empty array for no data. */
export function refuse(failure: YuanzhibangFailure): Reply {
  const [status, message] = failures[failure];
  return jsonReply(200, { status, message, data: [] });
}

/** A success. The document writes the status of the code exchange as a number and that of the others as a string. */
export function succeed(status: 2000 | '2000', data: Readonly<Record<string, unknown>>): Reply {
  return jsonReply(200, { status, message: 'ok', data });
}
