import { active, days, hours, inactive, now, profile, refused, rowsOf, table, tokens } from './vocabulary.js';
import { emulatedHuaweiRows } from './emulated-huawei.js';

/**
 * Renewal, app tokens, tickets and the state of tokens, as they happen: no answer is made up, the emulator does
 * what the platforms' documents say it would. The bodies themselves are in the tables of the platforms.
 */
const jwt = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;
const inTwoHours = now + 2 * hours;
const wrongSecret = { with: { clientSecret: 'CANARY-wrong-secret' } };

const wps = {
  renewal: '刷新用户 access_token',
  app: '获取应用 access_token',
  user: '查询当前用户信息',
  invented: 'the emulator’s README, invented values',
};
const wpsTokens = {
  accessToken: jwt,
  tokenType: 'bearer',
  expiresAt: inTwoHours,
  scope: ['kso.user_base.read'],
};
const wpsRenewed = tokens({ ...wpsTokens, refreshToken: jwt, refreshExpiresAt: now + 30 * days });
const wpsClients = [
  ['an unknown client', { with: { clientId: 'AK-unknown' } }, refused('invalid_client', 401990001)],
  ['a wrong client secret', wrongSecret, refused('invalid_client', 401990002)],
] as const;

const anyweb = {
  renewal: '获取 AccessToken (later revisions)',
  app: '获取 ServiceToken',
  codes: 'AnyWeb-WiKi, error codes',
};
const anywebTokens = { accessToken: jwt, expiresAt: inTwoHours, scope: ['baseInfo'] };
const anywebRenewed = tokens({ ...anywebTokens, refreshToken: jwt, refreshExpiresAt: now + 30 * days });

const yuanzhibang = {
  doc: 'OAuth2 接口说明',
  status: 'yzb-document, status codes',
  vendor: 'the vendor’s clients',
};
const hex = /^[\da-f]{64}$/;
const yuanzhibangTokens = { accessToken: hex, expiresAt: inTwoHours, scope: ['sns_base'] };
const unknownApp = rowsOf(yuanzhibang.status, [
  ['an unknown app', { with: { clientId: '999999' } }, refused('invalid_request', 4101)],
]);

export const emulatedRows = [
  ...emulatedHuaweiRows,

  ...table('wps', {
    refresh: [
      ...rowsOf(wps.renewal, [
        ['a refresh token', {}, wpsRenewed],
        [
          'a refresh token after 10 days: 20 are left',
          { wait: 10 * 86_400 },
          tokens({
            ...wpsTokens,
            expiresAt: inTwoHours + 10 * days,
            refreshToken: jwt,
            refreshExpiresAt: now + 30 * days,
          }),
        ],
      ]),
      ...rowsOf(
        wps.invented,
        [
          ['a refresh token for the second time', { twice: true }, refused('invalid_grant', 400990021)],
          ['another client’s refresh token', { foreign: true }, refused('invalid_grant', 400990021)],
          [
            'a refresh token nobody issued',
            { with: { refreshToken: 'CANARY-never-issued' } },
            refused('invalid_grant', 400990021),
          ],
          [
            'a refresh token after its 30 days',
            { wait: 30 * 86_400 + 1 },
            refused('invalid_grant', 400990022),
          ],
        ],
        'assumed',
      ),
      ...rowsOf(wps.invented, wpsClients, 'assumed'),
    ],
    appToken: [
      ...rowsOf(wps.app, [['the token of the app', {}, tokens(wpsTokens)]]),
      ...rowsOf(wps.invented, wpsClients, 'assumed'),
    ],
    profile: rowsOf(wps.user, [
      [
        'the old access token after a refresh, which leaves it alone',
        { renewed: true, user: 'alice' },
        profile({
          subject: /^[\w-]{16}$/,
          displayName: 'Alice Müller',
          raw: ['avatar', 'company_id', 'id', 'user_name'],
        }),
      ],
    ]),
  }),

  ...table('anyweb', {
    refresh: [
      ...rowsOf(anyweb.renewal, [
        ['a refresh token of G2', { generation: 'G2' }, anywebRenewed],
        ['a refresh token of G3', { generation: 'G3' }, anywebRenewed],
      ]),
      ...rowsOf(anyweb.codes, [
        [
          'a refresh token nobody issued',
          { generation: 'G3', with: { refreshToken: 'CANARY-never-issued' } },
          refused('invalid_grant', 'A107B013'),
        ],
        [
          'a refresh token after its 30 days',
          { generation: 'G3', wait: 30 * 86_400 + 1 },
          refused('invalid_grant', 'A107B013'),
        ],
      ]),
      ...rowsOf(
        anyweb.renewal,
        [
          [
            'a refresh token for the second time',
            { generation: 'G3', twice: true },
            refused('invalid_grant', 'A107B013'),
          ],
        ],
        'assumed',
      ),
    ],
    appToken: [
      ...rowsOf(anyweb.app, [['the service token', {}, tokens(anywebTokens)]]),
      ...rowsOf(anyweb.codes, [
        ['an empty appid', { with: { clientId: '' } }, refused('invalid_request', 'A108P002')],
        ['an empty secret', { with: { clientSecret: '' } }, refused('invalid_request', 'A108P003')],
        ['another secret', wrongSecret, refused('invalid_client', 'A108P004')],
        ['another appid', { with: { clientId: 'CANARY-unknown' } }, refused('invalid_client', 'A108P005')],
      ]),
    ],
  }),

  ...table('yuanzhibang', {
    refresh: [
      ...rowsOf(
        yuanzhibang.vendor,
        [
          [
            'a refresh token',
            {},
            tokens({ ...yuanzhibangTokens, refreshToken: hex, subject: /^[\dA-Za-z]{230}$/ }),
          ],
          [
            'a refresh token nobody issued',
            { with: { refreshToken: 'CANARY-never-issued' } },
            refused('invalid_grant', 4102),
          ],
          ['a refresh token of another app', { foreign: true }, refused('invalid_grant', 4102)],
          ['a refresh token for the second time', { twice: true }, refused('invalid_grant', 4102)],
          ['a refresh token after 30 days', { wait: 30 * 86_400 + 1 }, refused('invalid_grant', 4102)],
          [
            'an open_id of somebody else',
            { with: { subject: 'CANARY-stranger' } },
            refused('invalid_grant', 4102),
          ],
        ],
        'assumed',
      ),
      ...unknownApp,
    ],
    ticket: [
      ...rowsOf(yuanzhibang.doc, [
        ['a ticket', {}, tokens(yuanzhibangTokens)],
        ['a second ticket', { twice: true }, tokens(yuanzhibangTokens)],
        [
          'a server token nobody issued',
          { with: { appToken: 'CANARY-never-issued' } },
          refused('invalid_token', 4102),
        ],
        ['a server token after its 2 hours', { wait: 7201 }, refused('invalid_token', 4102)],
      ]),
      ...rowsOf(
        yuanzhibang.vendor,
        [['a server token after another was fetched', { renewed: true }, refused('invalid_token', 4102)]],
        'assumed',
      ),
      ...unknownApp,
    ],
    introspect: [
      ...rowsOf(yuanzhibang.doc, [
        ['the token of a user', {}, active({ expiresAt: inTwoHours })],
        ['the token of the app', { about: 'appToken' }, active({ expiresAt: inTwoHours })],
        ['a ticket', { about: 'ticket' }, active({ expiresAt: inTwoHours })],
        [
          'a ticket an hour later: the same end, for it is a stamp',
          { about: 'ticket', wait: 3600 },
          active({ expiresAt: inTwoHours }),
        ],
        [
          'a ticket after another was fetched: 10 minutes more',
          { about: 'ticket', renewed: true },
          active({ expiresAt: now + 600_000 }),
        ],
        [
          'a ticket 10 minutes after another was fetched',
          { about: 'ticket', renewed: true, wait: 601 },
          inactive,
        ],
        ['a token nobody issued', { about: 'appToken', with: { token: 'CANARY-never-issued' } }, inactive],
        ['a token of the app after its 2 hours', { about: 'appToken', wait: 7201 }, inactive],
        ['a ticket after its 2 hours', { about: 'ticket', wait: 7201 }, inactive],
      ]),
      ...unknownApp,
    ],
  }),
];
