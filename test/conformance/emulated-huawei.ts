import { active, ended, hours, inactive, now, refused, rowsOf, table, tokens } from './vocabulary.js';

/** Huawei Account Kit, as it happens; see `emulated.ts`. */
const jwt = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;
const wrongSecret = { with: { clientSecret: 'CANARY-wrong-secret' } };

const huawei = {
  renewal: 'Account Kit REST API, obtain refresh token',
  app: 'Account Kit REST API, obtain app token',
  info: 'Account Kit REST API, getTokenInfo',
  revocation: 'Account Kit REST API, revoke token',
  numbers: 'Account Kit REST API, error codes',
  invented: 'the emulator’s README, invented values',
};
const opaque = /^[\dA-Za-z]{4}\+\/[\dA-Za-z+/]+={0,2}$/;
const huaweiTokens = {
  accessToken: opaque,
  tokenType: 'Bearer',
  expiresAt: now + hours,
  scope: ['openid', 'profile'],
};
const huaweiRenewed = tokens({ ...huaweiTokens, idToken: jwt });
const ofUser = active({
  expiresAt: now + hours,
  subject: /^[\dA-Za-z+/]{48}$/,
  scope: ['openid', 'profile'],
});
/** Of the client and the form, whatever the grant. */
const huaweiClients = rowsOf(huawei.numbers, [
  ['no client id', { with: { clientId: '' } }, refused('invalid_request', 1102, 20001)],
  ['a malformed client id', { with: { clientId: 'app' } }, refused('invalid_client', 1101, 20002)],
  ['an unknown client id', { with: { clientId: '999' } }, refused('invalid_client', 1101, 20003)],
  ['no secret', { with: { clientSecret: '' } }, refused('invalid_client', 1101, 20171)],
  [
    'a malformed secret',
    { with: { clientSecret: 'CANARY malformed' } },
    refused('invalid_client', 1101, 20172),
  ],
  ['no grant_type', { send: { grant_type: null } }, refused('invalid_request', 1102, 20181)],
  ['an unknown grant_type', { send: { grant_type: 'password' } }, refused('invalid_request', 1101, 20182)],
]);

export const emulatedHuaweiRows = table('huawei', {
  refresh: [
    ...rowsOf(huawei.renewal, [
      ['a refresh token', {}, huaweiRenewed],
      ['the same refresh token again', { twice: true }, huaweiRenewed],
    ]),
    ...huaweiClients,
    ...rowsOf(huawei.numbers, [
      ['a wrong secret', wrongSecret, refused('invalid_client', 1203, 12304)],
      ['another client’s refresh token', { foreign: true }, refused('invalid_client', 1101, 20154)],
      ['no refresh token', { with: { refreshToken: '' } }, refused('invalid_grant', 1102, 20191)],
      ['a refresh token after 180 days', { wait: 180 * 86_400 + 1 }, refused('invalid_grant', 1203, 11205)],
      ['a revoked refresh token', { revoked: 'refreshToken' }, refused('invalid_grant', 1203, 31204)],
      [
        'a refresh token whose access token was revoked',
        { revoked: 'accessToken' },
        refused('invalid_grant', 1203, 31204),
      ],
    ]),
    ...rowsOf(
      huawei.invented,
      [
        [
          'a refresh token nobody issued',
          { with: { refreshToken: 'CANARYneverIssued' } },
          refused('invalid_grant', 1203, 31202),
        ],
        [
          'a refresh token with a backslash',
          { with: { refreshToken: 'CANARY\\/escaped' } },
          refused('invalid_grant', 1203, 31218),
        ],
      ],
      'assumed',
    ),
  ],
  appToken: [
    ...rowsOf(huawei.app, [['the token of the app', {}, tokens(huaweiTokens)]]),
    ...huaweiClients,
    ...rowsOf(huawei.numbers, [['a wrong secret', wrongSecret, refused('invalid_client', 1101, 12304)]]),
  ],
  introspect: [
    ...rowsOf(huawei.info, [
      ['a token', {}, ofUser],
      ['a token with 40 of its 60 minutes left', { wait: 1200 }, ofUser],
      ['the token of the app, which is nobody’s', { about: 'appToken' }, active({ expiresAt: now + hours })],
      ['another client’s token', { foreign: true }, inactive],
      ['a token after its hour', { wait: 3601 }, inactive],
      ['a token nobody issued', { with: { token: 'CANARY-never-issued' } }, inactive],
      ['a revoked token', { revoked: 'accessToken' }, inactive],
      ['a token whose refresh token was revoked', { revoked: 'refreshToken' }, inactive],
    ]),
    ...rowsOf(huawei.invented, [['no token', { with: { token: '' } }, inactive]], 'assumed'),
  ],
  revoke: [
    ...rowsOf(huawei.revocation, [
      ['an access token', {}, ended],
      ['a refresh token', { about: 'refreshToken' }, ended],
      ['a token for the second time', { twice: true }, ended],
      ['an access token whose refresh token was revoked', { revoked: 'refreshToken' }, ended],
      ['a refresh token after 180 days', { about: 'refreshToken', wait: 180 * 86_400 + 1 }, ended],
    ]),
    ...rowsOf(
      huawei.invented,
      [
        [
          'a token nobody issued',
          { with: { token: 'CANARYneverIssued' } },
          refused('invalid_request', 1203, 31202),
        ],
        [
          'a token outside the alphabet',
          { with: { token: 'CANARY-malformed' } },
          refused('invalid_request', 1101, 20222),
        ],
        ['the token of the app', { about: 'appToken' }, refused('invalid_request', 1203, 17009)],
      ],
      'assumed',
    ),
  ],
});
