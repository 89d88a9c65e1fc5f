import { answers, hours, now, profile, refused, rowsOf, table, tokens } from './vocabulary.js';

/**
 * 猿之棒. Posted forms only, HTTP 200 for refusals too, `status` as 2000 or "2000", and PHP's `[]` where there is
 * no data. The user's own tokens are useless by the platform's own words: user info is read with the *server*
 * token of the app (`appToken`).
 */
const doc = 'OAuth2 接口说明';
const status = 'yzb-document, status codes';
const vendor = 'the vendor’s clients';

/** The example of the document, to the letter. */
const example = {
  open_id:
    'bkNhRE1LN2FGb3pnWEJKS2l0MzZ0OCt3cVMwRkE0SXJTaDd6T2FNSWp0UjhhMUt1N29Db3ltcEZabXFMaGp0d0c1WDU3czk5QVkwbmlTSHVoblZ0elZoMWhXT2tFYW1FSElzaFZuU3VRSWhzM1VKd3RxL3ozSU1rUWMwaUt2TGk4OHA5c21lS3pRTmV1YTRRTEJ6L0c1N3pyU3NVYlUwM01qd203WTRVUDZBPQ',
  access_token: '5cc928f1eadd0a25bf18e08269c2309741e94b0b51585d987d24488331ca50de',
  expires_in: 7200,
  refresh_token: '1503c423d5303ccab35cb26792f403fcae48eec2bedca99b2e9259683f2a31ac',
  scope: 'sns_base',
};
const granted = {
  accessToken: example.access_token,
  expiresAt: now + 2 * hours,
  refreshToken: example.refresh_token,
  scope: ['sns_base'],
  subject: example.open_id,
};
const server = { access_token: example.access_token, expires_in: 7200 };
const app = { accessToken: example.access_token, expiresAt: now + 2 * hours, scope: ['sns_base'] };

const succeeds = (data: unknown, code: string | number = 2000) =>
  answers({ status: code, message: 'ok', data });
const refuses = (code: string | number, message = 'refused') => answers({ status: code, message, data: [] });

const hex = /^[\da-f]{64}$/;
const openId = /^[\dA-Za-z]{230}$/;
const wrongSecret = { clientSecret: 'CANARY-wrong-secret' };

export const yuanzhibangRows = table('yuanzhibang', {
  exchange: [
    ...rowsOf(doc, [
      ['a code', {}, tokens({ ...granted, accessToken: hex, refreshToken: hex, subject: openId })],
      ['the example of the document', succeeds(example), tokens(granted)],
      ['a status in quotes', succeeds(example, '2000'), tokens(granted)],
    ]),
    ...rowsOf(status, [
      [
        'every leaf a string, as the document promises',
        succeeds({ ...example, expires_in: '7200' }, '2000'),
        tokens(granted),
      ],
    ]),
    ...rowsOf(doc, [
      [
        'the refusal of the document',
        refuses('4102', 'authorization_code is invalid'),
        refused('invalid_grant', 4102),
      ],
      ['a code nobody issued', { with: { code: 'CANARY-never-issued' } }, refused('invalid_grant', 4102)],
      ['a code of another app', { foreign: true }, refused('invalid_grant', 4102)],
    ]),
    ...rowsOf(
      doc,
      [
        ['a code for the second time', { twice: true }, refused('invalid_grant', 4102)],
        ['a code after 5 minutes', { wait: 301 }, refused('invalid_grant', 4102)],
      ],
      'assumed',
    ),
    ...rowsOf(status, [
      ['a wrong secret', { with: wrongSecret }, refused('invalid_request', 4101)],
      ['an unknown app', { with: { clientId: '999999' } }, refused('invalid_request', 4101)],
      ['an unknown grant_type', { send: { grant_type: 'password' } }, refused('invalid_request', 4101)],
      ['no code', { with: { code: '' } }, refused('invalid_request', 4101)],
      ['no permission', refuses('4103'), refused('insufficient_scope', 4103)],
      ['a user who has not added the app', refuses(4104), refused('insufficient_scope', 4104)],
      ['the error without a reason', refuses('4000'), refused('unknown', 4000)],
      ['a success without data', refuses('2011', 'ok'), refused('unknown', 2011)],
    ]),
  ],

  appToken: [
    ...rowsOf(vendor, [
      ['the server token', {}, tokens({ ...app, accessToken: hex })],
      ['the reply the vendor reads', succeeds(server, '2000'), tokens(app)],
    ]),
    ...rowsOf(doc, [['a status without quotes', succeeds(server), tokens(app)]]),
    ...rowsOf(status, [
      ['a wrong secret', { with: wrongSecret }, refused('invalid_request', 4101)],
      ['an unknown app', { with: { clientId: '999999' } }, refused('invalid_request', 4101)],
    ]),
    ...rowsOf(vendor, [
      [
        'the usual spelling of the grant_type',
        { send: { grant_type: 'client_credentials' } },
        refused('invalid_request', 4101),
      ],
    ]),
    ...rowsOf(status, [
      ['something in it is invalid', refuses('4102'), refused('invalid_client', 4102)],
      ['no permission', refuses('4103'), refused('insufficient_scope', 4103)],
      ['a user who has not added the app', refuses('4104'), refused('insufficient_scope', 4104)],
      ['the error without a reason', refuses('4000'), refused('unknown', 4000)],
    ]),
  ],

  profile: [
    ...rowsOf(
      status,
      [
        [
          'a user who keeps the name back, if it came with HTTP 403',
          answers({ status: '4103', message: 'refused', data: [] }, { status: 403 }),
          refused('insufficient_scope', 4103),
        ],
      ],
      'assumed',
    ),
    ...rowsOf(vendor, [
      [
        'a user',
        {},
        profile({
          displayName: '张伟',
          avatarUrl: '{origin}/__emulator/avatars/yuanzhibang/zhangwei.svg',
          raw: ['avatar', 'nick', 'sex'],
        }),
      ],
      [
        'a user without an avatar',
        { user: 'alice' },
        profile({ displayName: 'Alice Müller', raw: ['avatar', 'nick', 'sex'] }),
      ],
      ['a user who keeps the name back (4103)', { scopes: [] }, profile({ raw: [] })],
    ]),
    ...rowsOf(status, [['no data about the user (2011)', refuses('2011', 'ok'), profile({ raw: [] })]]),
    ...rowsOf(vendor, [
      [
        'the shape of the document, the status a number',
        succeeds({ nick: 'Y', avatar: 'https://cdn.example.com/a.png', sex: '3' }),
        profile({
          displayName: 'Y',
          avatarUrl: 'https://cdn.example.com/a.png',
          raw: ['avatar', 'nick', 'sex'],
        }),
      ],
    ]),
    ...rowsOf(doc, [
      [
        'the refusal of the document',
        refuses('4102', 'server_access_token is invalid'),
        refused('invalid_token', 4102),
      ],
      [
        'a server token nobody issued',
        { with: { appToken: 'CANARY-never-issued' } },
        refused('invalid_token', 4102),
      ],
      ['a server token after its 2 hours', { wait: 7201 }, refused('invalid_token', 4102)],
    ]),
    ...rowsOf(status, [
      ['an unknown open_id', { with: { subject: 'CANARY-stranger' } }, refused('invalid_request', 4101)],
      ['an unknown app', { with: { clientId: '999999' } }, refused('invalid_request', 4101)],
      ['a user who has not added the app', refuses('4104'), refused('insufficient_scope', 4104)],
      ['the error without a reason', refuses('4000'), refused('unknown', 4000)],
    ]),
  ],
});
