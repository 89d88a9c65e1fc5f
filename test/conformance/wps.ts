import {
  answers,
  days,
  hours,
  now,
  profile,
  refused,
  rowsOf,
  table,
  tokens,
  tryLater,
} from './vocabulary.js';
import { says, wpsRefusals } from './wps-refusals.js';

/**
 * WPS 365. A flat reply, comma-separated scopes, a refresh token whose remaining life counts down, and refusals
 * `{code, msg}` for which no document publishes a number: the library goes by the words. What the emulator
 * refuses in its own words is therefore `assumed`.
 */
const token = '获取用户 access_token';
const user = '查询当前用户信息';
const flow = '用户授权流程';
const invented = 'the emulator’s README, invented values';
const clients = 'clients of the platform';

const scope = ['kso.user_base.read'];
const jwt = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;

/** The example of the document, to the letter. */
const example = {
  access_token: 'eyJhbGciOiJFUzI1N**********HQ_JoHbcrL4mZK9Xxg',
  expires_in: 7200,
  refresh_token: 'eyJhbGciOiJFUzI1N**********HQ_JoHbcrL4mZK9Xxg',
  refresh_expires_in: 2592000,
  token_type: 'bearer',
};
const granted = {
  accessToken: example.access_token,
  tokenType: 'bearer',
  expiresAt: now + 2 * hours,
  refreshToken: example.refresh_token,
  refreshExpiresAt: now + 30 * days,
  scope,
};

const wall = { code: 403000001, message: 'kso: PermissionDenied err: ErrPrivileges: edition' };
const raw = ['avatar', 'company_id', 'id', 'user_name'];
const subject = /^[\w-]{16}$/;

const elsewhere = { redirectUri: 'http://127.0.0.1:3000/other' };

export const wpsRows = table('wps', {
  authorize: [
    ...rowsOf(flow, [
      [
        'the authorization request',
        { scopes: ['kso.user_base.read', 'kso.calendar.read'] },
        {
          request: {
            url: '{origin}/oauth2/auth',
            params: {
              client_id: 'AK20240101DEMOAA',
              response_type: 'code',
              redirect_uri: 'http://127.0.0.1:3000/auth/callback',
              scope: 'kso.user_base.read,kso.calendar.read',
              state: 'CANARY state+/=',
            },
            status: 200,
          },
        },
      ],
    ]),
  ],

  callback: [
    ...rowsOf(flow, [
      ['the user agrees', {}, { code: /^ga[\w-]{32}$/ }],
      ['the callback of the document', { query: 'code=ga**********&state=s' }, { code: 'ga**********' }],
    ]),
    ...rowsOf(
      invented,
      [
        ['the user refuses', { consent: { decision: 'deny' } }, refused('access_denied', 'access_denied')],
        [
          'a scope that does not exist',
          { scopes: ['openid'] },
          refused('insufficient_scope', 'invalid_scope'),
        ],
        ['the server has failed', { query: 'error=server_error' }, tryLater('transient', 'server_error')],
        [
          'the server is busy',
          { query: 'error=temporarily_unavailable' },
          tryLater('transient', 'temporarily_unavailable'),
        ],
        [
          'an error nobody expects',
          { query: 'error=unsupported_response_type' },
          refused('unknown', 'unsupported_response_type'),
        ],
      ],
      'assumed',
    ),
  ],

  exchange: [
    ...rowsOf(token, [
      ['a code', {}, tokens({ ...granted, accessToken: jwt, refreshToken: jwt })],
      ['the example of the document', answers(example), tokens(granted)],
      [
        'refresh_expires_in as the string the table says it is',
        answers({ ...example, refresh_expires_in: '2592000' }),
        tokens(granted),
      ],
    ]),
    ...rowsOf(flow, [
      [
        'a refresh token with less left, as it counts down',
        answers({ ...example, refresh_expires_in: 1000 }),
        tokens({ ...granted, refreshExpiresAt: now + 1_000_000 }),
      ],
    ]),
    ...rowsOf(clients, [
      ['a success that says code 0 as well', answers({ code: 0, msg: '', ...example }), tokens(granted)],
    ]),
    ...wpsRefusals(example, 'authorization code has expired', 'invalid_grant'),
    ...rowsOf(
      invented,
      [
        ['a code nobody issued', { with: { code: 'ga-never-issued' } }, refused('invalid_grant', 400990011)],
        ['a code of another client', { foreign: true }, refused('invalid_grant', 400990011)],
        ['a code after its 10 minutes', { wait: 601 }, refused('invalid_grant', 400990012)],
        ['a code for the second time', { twice: true }, refused('invalid_grant', 400990013)],
        ['another redirect URI', { with: elsewhere }, refused('invalid_client', 400990014)],
        ['an unknown client', { with: { clientId: 'AK-unknown' } }, refused('invalid_client', 401990001)],
        [
          'a wrong secret',
          { with: { clientSecret: 'CANARY-wrong-secret' } },
          refused('invalid_client', 401990002),
        ],
        ['no client id', { with: { clientId: '' } }, refused('invalid_client', 400990004)],
        ['no secret', { with: { clientSecret: '' } }, refused('invalid_client', 400990005)],
        ['no redirect URI', { with: { redirectUri: '' } }, refused('invalid_client', 400990007)],
        ['no code', { with: { code: '' } }, refused('unknown', 400990006)],
        ['no grant_type', { send: { grant_type: null } }, refused('unknown', 400990002)],
        ['an unknown grant_type', { send: { grant_type: 'password' } }, refused('unknown', 400990003)],
      ],
      'assumed',
    ),
    ...rowsOf(
      'design: the words decide',
      [
        ['the words 授权码已失效', says('授权码已失效'), refused('invalid_grant', 40001)],
        ['the words 临时码不存在', says('临时码不存在'), refused('invalid_grant', 40001)],
        ['the words 回调地址不匹配', says('回调地址不匹配'), refused('invalid_client', 40001)],
      ],
      'assumed',
    ),
  ],

  profile: [
    ...rowsOf(user, [
      [
        'a user',
        {},
        profile({
          subject,
          displayName: '张伟',
          avatarUrl: '{origin}/__emulator/avatars/wps/zhangwei.svg',
          raw,
        }),
      ],
      [
        'a user without an avatar',
        { user: 'alice' },
        profile({
          subject,
          displayName: 'Alice Müller',
          raw,
        }),
      ],
      [
        'the shape of the document, with more beside it',
        answers({
          code: 0,
          msg: '',
          data: { id: 'u1', user_name: 'W', company_id: 'c1', avatar: '' },
          more: 1,
        }),
        profile({ subject: 'u1', displayName: 'W', raw }),
      ],
    ]),
    ...rowsOf(clients, [
      [
        'the wall of editions and privileges',
        answers(wall, { status: 403 }),
        refused('insufficient_scope', 403000001),
      ],
      ['the same wall behind HTTP 200', answers(wall), refused('insufficient_scope', 403000001)],
    ]),
    ...rowsOf(user, [
      [
        'a code that is not 0, with words nobody knows',
        answers({ code: 40001, msg: '失败' }),
        refused('unknown', 40001),
      ],
    ]),
    ...rowsOf(
      invented,
      [
        [
          'a token nobody issued',
          { with: { accessToken: 'CANARY-never-issued' } },
          refused('invalid_token', 401990012),
        ],
        ['a token after its 2 hours', { wait: 7201 }, refused('invalid_token', 401990013)],
        [
          'a scope that was not granted',
          { scopes: ['kso.calendar.read'] },
          refused('insufficient_scope', 403990001),
        ],
      ],
      'assumed',
    ),
  ],
});
