import { type ErrorClass } from 'nestjs-oauth-providers';
import {
  active,
  answers,
  ended,
  type Given,
  inactive,
  now,
  refused,
  rowsOf,
  sends,
  table,
  tryLater,
} from './vocabulary.js';

/**
 * Huawei Account Kit, the state of a token. getTokenInfo answers JSON under the content type text/plain, tells
 * what is left in `expire_in`, and refuses with HTTP 200 and the header `NSP_STATUS`. Revocation needs no client;
 * access and refresh token end together.
 */
const info = 'Account Kit REST API, getTokenInfo';
const revocation = 'Account Kit REST API, revoke token';

const text = { 'Content-Type': 'text/plain;charset=UTF-8' };

/** A token, and one of a user with everything the document names. */
const bare = { client_id: '100000001', expire_in: 3214, project_id: '736430079244623', type: 0 };
const union_id = 'MDFAMTAwMDAwMDAx';
const ofUser = { ...bare, union_id, open_id: 'MDFAMTAwMDAwMDAy', scope: 'openid profile' };
const left = now + 3_214_000;
const known = { expiresAt: left, subject: union_id, scope: ['openid', 'profile'] };

const describes = (body: unknown): Given => answers(body, { headers: text });
/** A refusal: HTTP 200, and the number is in a header. */
const nsp = (status: number, http = 200): Given =>
  answers({ error: 'refused' }, { status: http, headers: { ...text, NSP_STATUS: String(status) } });
const pair = (error: number, sub_error: number): Given =>
  answers({ error, sub_error, error_description: 'refused' }, { status: 400 });

const services: readonly (readonly [number, ErrorClass, string])[] = [
  [105, 'invalid_request', 'a bad parameter'],
  [70001201, 'invalid_request', 'a bad parameter, by its long number'],
  [403, 'insufficient_scope', 'no permission'],
];
const outages = [1, 500, 501, 70001401, 70001402, 70020002];

/** Refusals of the revocation: what, pair. */
const refusals: readonly (readonly [string, number, number])[] = [
  ['a malformed token', 1101, 20222],
  ['no token', 1102, 20221],
  ['a token that cannot be checked, 17009', 1203, 17009],
  ['a token that cannot be checked, 17010', 1203, 17010],
  ['a token that cannot be read', 1203, 31202],
  ['an illegal token', 1203, 31218],
];

export const huaweiStateRows = table('huawei', {
  introspect: [
    ...rowsOf(info, [
      [
        'what is sent',
        { ...describes(ofUser), show: 'request' },
        sends('/rest.php?nsp_fmt=JSON&nsp_svc=huawei.oauth2.user.getTokenInfo', {
          access_token: 'CANARY-token',
          open_id: 'OPENID',
        }),
      ],
      ['the reply of the document, as text/plain', describes(ofUser), active(known)],
      ['the same as JSON', answers(ofUser), active(known)],
      ['the seconds left as a string', describes({ ...ofUser, expire_in: '3214' }), active(known)],
      ['a token without the user’s ids and scopes', describes(bare), active({ expiresAt: left })],
      [
        'a token of another client, by its client_id',
        describes({ ...ofUser, client_id: '200000002' }),
        inactive,
      ],
      ['the client_id as a number', describes({ ...ofUser, client_id: 100000001 }), active(known)],
      ['a token that has ended (6)', nsp(6), inactive],
      ['a token that is none (102)', nsp(102), inactive],
      ['a token that was revoked (31204)', nsp(31204), inactive],
      ...services.map(
        ([status, errorClass, what]) =>
          [`${what} (${status})`, nsp(status), refused(errorClass, status)] as const,
      ),
      ['flow control (503)', nsp(503), tryLater('throttled', 503)],
      ['flow control, by another number (1302)', nsp(1302), tryLater('throttled', 1302)],
      ...outages.map(
        (status) => [`an internal error, ${status}`, nsp(status), tryLater('transient', status)] as const,
      ),
      ['a number nobody documents', nsp(4711), refused('unknown', 4711)],
    ]),
    ...rowsOf(
      info,
      [6, 102, 31204].map((status) => [
        `${status}, if it came with HTTP 401`,
        nsp(status, 401),
        refused('invalid_token', status),
      ]),
      'assumed',
    ),
  ],

  revoke: [
    ...rowsOf(revocation, [
      [
        'what is sent: the token and nobody’s secret',
        { ...answers({}), show: 'request' },
        sends('/oauth2/v3/revoke', { token: 'CANARY-token' }),
      ],
      ['the reply of the document: nothing in it', answers({}), ended],
      ['a token that has ended (11205)', pair(1203, 11205), ended],
      ['a token that was revoked (31204)', pair(1203, 31204), ended],
      ...refusals.map(
        ([what, error, subError]) =>
          [what, pair(error, subError), refused('invalid_request', error, subError)] as const,
      ),
      ['an internal error', pair(1203, 500), tryLater('transient', 1203, 500)],
    ]),
  ],
});
