import { type ErrorClass } from 'nestjs-oauth-providers';
import {
  answers,
  type Given,
  hours,
  now,
  refused,
  rowsOf,
  sends,
  table,
  tokens,
  tryLater,
} from './vocabulary.js';

/**
 * Huawei Account Kit, the grants without a person: the same endpoint and the same pairs of numbers. A refresh
 * brings no refresh token; the one there is lives 180 days from its issue.
 */
const web = 'Web应用怎样获取Access Token？';
const renewal = 'Account Kit REST API, obtain refresh token';
const app = 'Account Kit REST API, obtain app token';
const numbers = 'Account Kit REST API, error codes';

const scope = ['openid', 'profile'];

const example = {
  token_type: 'Bearer',
  access_token: 'CgB6e3x9/a+b=',
  expires_in: 3600,
  scope: 'openid profile',
  id_token: 'eyJh.eyJz.c2ln',
};
const { id_token, ...withoutIdToken } = example;
const plain = { accessToken: example.access_token, tokenType: 'Bearer', expiresAt: now + hours, scope };
const renewed = { ...plain, idToken: id_token };

const appReply = { access_token: example.access_token, expires_in: 3600, token_type: 'Bearer' };

const pair = (error: number, sub_error: number): Given =>
  answers({ error, sub_error, error_description: 'refused' }, { status: 400 });
const http = (status: number): Given => ({ fault: { kind: 'status', status } });

/** A refusal: what, class, pair. */
type Refusal = readonly [string, ErrorClass, number, number];
const toRows = (refusals: readonly Refusal[]) =>
  rowsOf(
    numbers,
    refusals.map(([what, errorClass, error, subError]) => [
      `${what} (${error}/${subError})`,
      pair(error, subError),
      refused(errorClass, error, subError),
    ]),
  );

/** Refusals that have to do with the client and the form, whatever the grant. */
const ofEveryGrant: readonly Refusal[] = [
  ['no client id', 'invalid_request', 1102, 20001],
  ['a malformed client id', 'invalid_client', 1101, 20002],
  ['an unknown client id', 'invalid_client', 1101, 20003],
  ['no secret', 'invalid_client', 1101, 20085],
  ['an empty secret', 'invalid_client', 1101, 20171],
  ['a malformed secret', 'invalid_client', 1101, 20172],
  ['no grant_type', 'invalid_request', 1102, 20181],
  ['an unknown grant_type', 'invalid_request', 1101, 20182],
];

const ofRefresh: readonly Refusal[] = [
  ['a wrong secret', 'invalid_client', 1203, 12304],
  ['an unknown client id, as for a user grant', 'invalid_client', 1203, 12303],
  ['a malformed scope', 'invalid_request', 1101, 20041],
  ['an invalid scope', 'invalid_request', 1101, 20042],
  ['a refresh token of another client', 'invalid_client', 1101, 20154],
  ['a malformed refresh token', 'invalid_grant', 1101, 20192],
  ['no refresh token', 'invalid_grant', 1102, 20191],
  ['a refresh token after its 180 days', 'invalid_grant', 1203, 11205],
  ['a refresh token that cannot be read', 'invalid_grant', 1203, 31202],
  ['a refresh token that was revoked, or ended by a new password', 'invalid_grant', 1203, 31204],
  ['an illegal refresh token', 'invalid_grant', 1203, 31218],
];

const ofApp: readonly Refusal[] = [['a wrong secret, as for an app grant', 'invalid_client', 1101, 12304]];

/** What the endpoint answers when it is not itself. */
const outages = rowsOf(numbers, [
  ['an internal error', pair(1203, 500), tryLater('transient', 1203, 500)],
  ['another internal error', pair(1203, 100300), tryLater('transient', 1203, 100300)],
  ['HTTP 503, which is flow control here', http(503), tryLater('throttled')],
  ['HTTP 590, which is their own', http(590), tryLater('transient')],
  ['HTTP 403, a matter of the network', http(403), refused('invalid_client')],
  ['HTTP 404, a matter of the path', http(404), refused('invalid_client')],
  ['HTTP 405, a matter of the method', http(405), refused('invalid_client')],
]);

export const huaweiTokenRows = table('huawei', {
  refresh: [
    ...rowsOf(web, [
      [
        'what is sent',
        { ...answers(example), show: 'request' },
        sends('/oauth2/v3/token', {
          grant_type: 'refresh_token',
          client_id: '100000001',
          client_secret: 'demo-secret-of-huawei',
          refresh_token: 'CANARY-refresh-token',
          supportAlg: 'PS256',
        }),
      ],
      [
        'a refresh token full of + and /, sent as it is',
        { ...answers(example), show: 'request', with: { refreshToken: 'DAECANR5QD9T/M8Iyc/XVOR+7/p==' } },
        sends('/oauth2/v3/token', {
          grant_type: 'refresh_token',
          client_id: '100000001',
          client_secret: 'demo-secret-of-huawei',
          refresh_token: 'DAECANR5QD9T/M8Iyc/XVOR+7/p==',
          supportAlg: 'PS256',
        }),
      ],
    ]),
    ...rowsOf(renewal, [
      ['the reply of the document: no refresh token', answers(example), tokens(renewed)],
      ['no id_token, as without openid', answers(withoutIdToken), tokens(plain)],
      ['slashes written \\/', answers(JSON.stringify(example).replaceAll('/', '\\/')), tokens(renewed)],
      [
        'a narrower scope',
        answers({ ...example, scope: 'openid' }),
        tokens({ ...renewed, scope: ['openid'] }),
      ],
    ]),
    ...toRows([...ofEveryGrant, ...ofRefresh]),
    ...outages,
  ],

  appToken: [
    ...rowsOf(web, [
      [
        'what is sent',
        { ...answers(appReply), show: 'request' },
        sends('/oauth2/v3/token', {
          grant_type: 'client_credentials',
          client_id: '100000001',
          client_secret: 'demo-secret-of-huawei',
        }),
      ],
    ]),
    ...rowsOf(app, [
      ['the reply of the document: no scope, no refresh token', answers(appReply), tokens(plain)],
      ['slashes written \\/', answers(JSON.stringify(appReply).replaceAll('/', '\\/')), tokens(plain)],
    ]),
    ...toRows([...ofEveryGrant, ...ofApp]),
    ...outages,
  ],
});
