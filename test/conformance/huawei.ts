import { type ErrorClass } from 'nestjs-oauth-providers';
import {
  answers,
  type Given,
  hours,
  now,
  profile,
  refused,
  rowsOf,
  table,
  tokens,
  tryLater,
} from './vocabulary.js';

/**
 * Huawei Account Kit. Refusals of the token endpoint are HTTP 400 with a pair of numbers; refusals of user info
 * are HTTP 200 whose only sign is the header `NSP_STATUS`. The id_token says who signed in; its keys roll at
 * midnight, and the key set claims RS256 for keys that sign PS256 too.
 */
const web = 'Web应用怎样获取Access Token？';
const token = 'Account Kit REST API, obtain token';
const numbers = 'Account Kit REST API, error codes';
const info = 'Account Kit REST API, getInfo';
const jwt = 'Account Kit REST API, ID token and public keys';
const health = 'Health Kit, authorization';
const invented = 'the emulator’s README, invented values';

const opaque = /^[\dA-Za-z]{4}\+\/[\dA-Za-z+/]+={0,2}$/;
const signed = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;
const unionID = /^[\dA-Za-z+/]{48}$/;
const avatar = '{origin}/__emulator/avatars/huawei/zhangwei.svg';

/** The code of the document, as the callback carries it and as the token request must send it again. */
const encodedCode =
  'DwEEABlWuXdOMrHWphJ7ixKxqkMiTfdoFX11KIcY0CP8gL2Qq5b5MNZpGtPWHKK5KBHm6u6KDP1BXq8JRunU4xIz4DV2zbdGCzEPCbuRaDz%2FzgbzWV6ty2K1TcbToSEdDszr1to17JbGiI5yM7oUx5kEf200rCvVBEGWy8a%2BBCADZ8%2BWPAAEd2O%2BUnjqoAhDSjs2s3ate0heX3DFAUrtwIOcZLCK%2FWby%2BU2oD2eaXX0CXhBNY5PE0nzBLxr4%2B5%2BYH%2BFh8%2BSssOl3repWjH0bxni8iQ%3D%3D';
const example = {
  token_type: 'Bearer',
  access_token: 'CgB6e3x9/a+b=',
  expires_in: 3600,
  refresh_token: 'DAECANR5QD9Ta3YKIn2Pwpmq8g6CyOGcsz3iNsxq8YXBpZs6EGlqb/M8Iyc/XVORdoqb/aZXKs9jqz72',
  scope: 'openid profile',
  id_token: 'eyJh.eyJz.c2ln',
};
const withoutRefresh = {
  accessToken: example.access_token,
  tokenType: 'Bearer',
  expiresAt: now + hours,
  idToken: example.id_token,
  scope: ['openid', 'profile'],
};
const granted = { ...withoutRefresh, refreshToken: example.refresh_token };
const once = { ...example, refresh_token: undefined };

const issued = { ...granted, accessToken: opaque, refreshToken: opaque, idToken: signed };
const zhangwei = { subject: unionID, displayName: '张伟', avatarUrl: avatar, nonceSeen: true };

const wrongVerifier = { codeVerifier: 'CANARY-wrong-verifier-CANARY-wrong-verifier-' };
const elsewhere = { redirectUri: 'https://a.example/' };
const other = { redirectUri: 'http://127.0.0.1/b' };

/** Refusals of the token endpoint, provoked where the emulator can be made to: what, given, class, pair. */
type TokenRefusal = readonly [string, Given | undefined, ErrorClass, number, number];
const tokenRefusals: readonly TokenRefusal[] = [
  ['a wrong secret', { with: { clientSecret: 'CANARY-wrong-secret' } }, 'invalid_client', 1203, 12304],
  ['no client id', { with: { clientId: '' } }, 'invalid_request', 1102, 20001],
  ['a malformed client id', { with: { clientId: 'app' } }, 'invalid_client', 1101, 20002],
  ['an unknown client id', { with: { clientId: '999' } }, 'invalid_client', 1101, 20003],
  ['an unknown client id, numbered as for a user grant', undefined, 'invalid_client', 1203, 12303],
  ['no secret', { with: { clientSecret: '' } }, 'invalid_client', 1101, 20085],
  ['an empty secret', undefined, 'invalid_client', 1101, 20171],
  ['a malformed secret', { with: { clientSecret: 'CANARY malformed' } }, 'invalid_client', 1101, 20172],
  ['a malformed redirect URI', { with: { redirectUri: 'nowhere' } }, 'invalid_client', 1101, 20022],
  ['another host’s redirect URI', { with: elsewhere }, 'invalid_client', 1101, 20023],
  ['a different redirect URI', { with: other }, 'invalid_client', 1101, 20024],
  ['a malformed scope', undefined, 'invalid_request', 1101, 20041],
  ['an invalid scope', undefined, 'invalid_request', 1101, 20042],
  ['no grant_type', { send: { grant_type: null } }, 'invalid_request', 1102, 20181],
  ['an unknown grant_type', { send: { grant_type: 'password' } }, 'invalid_request', 1101, 20182],
  ['no code', { with: { code: '' } }, 'invalid_request', 1102, 20151],
  ['a code whose plus became a blank', { with: { code: 'CANARY code' } }, 'invalid_request', 1101, 20152],
  ['a code nobody issued', { with: { code: 'CANARYneverIssued' } }, 'invalid_grant', 1103, 20153],
  ['a code of another client', { foreign: true }, 'invalid_client', 1101, 20154],
  ['a code after its 5 minutes', { wait: 301 }, 'invalid_grant', 1101, 20155],
  ['a code for the second time', { twice: true }, 'invalid_grant', 1101, 20156],
  ['a code that was revoked', undefined, 'invalid_grant', 1101, 20158],
  ['no affiliated group', undefined, 'invalid_client', 1203, 100502],
];
const pair = (error: number, sub_error: number): Given =>
  answers({ error, sub_error, error_description: 'refused' }, { status: 400 });
const http = (status: number): Given => ({ fault: { kind: 'status', status } });

/** Refusals of user info: HTTP 200, and the number is in a header. */
const nsp = (status: number): Given =>
  answers({ error: 'refused' }, { headers: { NSP_STATUS: String(status) } });

/** A forged id_token, `alg` none. */
const unsigned = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJDQU5BUlktZm9yZ2VkIn0.';
const refusedIdToken = refused('invalid_token');

export const huaweiRows = table('huawei', {
  authorize: [
    ...rowsOf(web, [
      [
        'the authorization request',
        {},
        {
          request: {
            url: '{origin}/oauth2/v3/authorize',
            params: {
              response_type: 'code',
              client_id: '100000001',
              redirect_uri: 'http://127.0.0.1:3000/auth/callback',
              scope: 'openid profile',
              state: 'CANARY state+/=',
              access_type: 'offline',
              nonce: 'CANARY-nonce-of-the-attempt',
              code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
              code_challenge_method: 'S256',
            },
            status: 200,
          },
        },
      ],
    ]),
  ],

  callback: [
    ...rowsOf(web, [
      ['the user agrees', {}, { code: opaque }],
      [
        'the code of the document, decoded exactly once',
        { query: `code=${encodedCode}` },
        { code: decodeURIComponent(encodedCode) },
      ],
      ['a code whose plus came unescaped', { query: 'code=ab+c%2Bd%3D' }, { code: 'ab+c+d=' }],
      [
        'the user refuses, told in the fragment',
        { consent: { decision: 'deny', denial: 'fragment' } },
        refused('access_denied', 1107),
      ],
    ]),
    ...rowsOf(health, [
      [
        'the user refuses, told in the query',
        { consent: { decision: 'deny', denial: 'query' } },
        refused('access_denied', 'access_denied'),
      ],
    ]),
  ],

  exchange: [
    ...rowsOf(token, [
      ['a code', {}, tokens(issued)],
      ['a code of the native flow', { native: true }, tokens(issued)],
      ['openid alone', { scopes: ['openid'] }, tokens({ ...issued, scope: ['openid'] })],
      ['the reply of the document', answers(example), tokens(granted)],
      ['slashes written \\/', answers(JSON.stringify(example).replaceAll('/', '\\/')), tokens(granted)],
      ['a group_union_id as well', answers({ ...example, group_union_id: 'g' }), tokens(granted)],
      ['no refresh token, as without access_type=offline', answers(once), tokens(withoutRefresh)],
    ]),
    ...rowsOf(
      numbers,
      tokenRefusals.map(([what, given, errorClass, error, subError]) => [
        what,
        given ?? pair(error, subError),
        refused(errorClass, error, subError),
      ]),
    ),
    ...rowsOf(numbers, [
      ['an internal error', pair(1203, 500), tryLater('transient', 1203, 500)],
      ['another internal error', pair(1203, 100300), tryLater('transient', 1203, 100300)],
      ['HTTP 503, which is flow control here', http(503), tryLater('throttled')],
      ['HTTP 500', http(500), tryLater('transient')],
      ['HTTP 502', http(502), tryLater('transient')],
      ['HTTP 504', http(504), tryLater('transient')],
      ['HTTP 590, which is their own', http(590), tryLater('transient')],
      ['HTTP 403, a matter of the network', http(403), refused('invalid_client')],
      ['HTTP 404, a matter of the path', http(404), refused('invalid_client')],
      ['HTTP 405, a matter of the method', http(405), refused('invalid_client')],
    ]),
    ...rowsOf(
      invented,
      [['a wrong code_verifier', { with: wrongVerifier }, refused('unknown', 1101, 29002)]],
      'assumed',
    ),
  ],

  idToken: [
    ...rowsOf(jwt, [
      ['signed with PS256, as we ask', {}, { identity: { ...zhangwei, algorithm: 'PS256' } }],
      [
        'signed with RS256, as for everybody who asks for nothing',
        { send: { supportAlg: null } },
        { identity: { ...zhangwei, algorithm: 'RS256' } },
      ],
      [
        'openid alone: no name, no picture',
        { scopes: ['openid'] },
        { identity: { algorithm: 'PS256', subject: unionID, nonceSeen: true } },
      ],
      [
        'no nonce, as the native flow has it',
        { native: true, user: 'alice' },
        {
          identity: { algorithm: 'PS256', subject: unionID, displayName: 'Alice Müller', nonceSeen: false },
        },
      ],
    ]),
    {
      what: 'signed before midnight, verified after it',
      source: jwt,
      // 23:59 in Beijing, where the keys roll.
      given: { at: '2022-03-19T15:59:00Z', wait: 120, scopes: ['openid'] },
      expect: { identity: { algorithm: 'PS256', subject: unionID, nonceSeen: true } },
    },
    ...rowsOf(jwt, [
      ['another attempt’s nonce', { with: { nonce: 'CANARY-other-nonce' } }, refusedIdToken],
      ['another access token (at_hash)', { with: { accessToken: 'CANARY-other-token' } }, refusedIdToken],
      ['another client (aud)', { with: { clientId: '200000002' } }, refusedIdToken],
      ['an hour and a minute later', { wait: 3661 }, refusedIdToken],
      ['no signature', { with: { idToken: unsigned } }, refusedIdToken],
      ['no JWT at all', { with: { idToken: 'CANARY-no-jwt' } }, refusedIdToken],
      ['a key set without its key', answers({ keys: [] }), refusedIdToken],
      ['a key set that cannot be had', { fault: { kind: 'html' } }, tryLater('transient')],
    ]),
  ],

  profile: [
    ...rowsOf(info, [
      [
        'a user',
        {},
        profile({
          subject: unionID,
          displayName: '张伟',
          avatarUrl: avatar,
          raw: ['displayName', 'displayNameFlag', 'headPictureURL', 'openID', 'unionID'],
        }),
      ],
      [
        'a user without a picture',
        { user: 'alice' },
        profile({
          subject: unionID,
          displayName: 'Alice Müller',
          raw: ['displayName', 'displayNameFlag', 'openID', 'unionID'],
        }),
      ],
      [
        'openid alone: no name, no picture',
        { scopes: ['openid'] },
        profile({ subject: unionID, raw: ['openID', 'unionID'] }),
      ],
      [
        'an anonymised account name',
        answers({ openID: 'o', unionID: 'u', displayName: '138****0001', displayNameFlag: 1 }),
        profile({
          subject: 'u',
          displayName: '138****0001',
          raw: ['displayName', 'displayNameFlag', 'openID', 'unionID'],
        }),
      ],
      [
        'the failure of the document: HTTP 200, a header, an error',
        answers({ error: 'session timeout' }, { headers: { NSP_STATUS: '6' } }),
        refused('invalid_token', 6),
      ],
      [
        'a failure that shows in the header alone',
        answers({ openID: 'o', unionID: 'u' }, { headers: { NSP_STATUS: '6' } }),
        refused('invalid_token', 6),
      ],
      ['a token after its hour', { wait: 3601 }, refused('invalid_token', 6)],
      [
        'a token nobody issued',
        { with: { accessToken: 'CANARY-never-issued' } },
        refused('invalid_token', 102),
      ],
      ['no token', { with: { accessToken: '' } }, refused('invalid_request', 105)],
    ]),
    ...rowsOf(info, [
      ['a token that was revoked', nsp(31204), refused('invalid_token', 31204)],
      ['a bad parameter, by its long number', nsp(70001201), refused('invalid_request', 70001201)],
      ['no permission', nsp(403), refused('insufficient_scope', 403)],
      ['flow control', nsp(503), tryLater('throttled', 503)],
      ['flow control, by another number', nsp(1302), tryLater('throttled', 1302)],
      ...[1, 500, 501, 70001401, 70001402, 70020002].map(
        (status) => [`an internal error, ${status}`, nsp(status), tryLater('transient', status)] as const,
      ),
    ]),
  ],
});
