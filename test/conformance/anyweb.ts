import { answers, days, hours, now, profile, refused, rowsOf, table, tokens } from './vocabulary.js';

/**
 * AnyWeb. The code comes from the wallet's script. Success is the number 1000, refusals are strings; which HTTP
 * status a refusal has, no document says. The token reply changed twice:
 *
 * - G1 (2022-03-20): `expiresIn` is the absolute second the token dies; no refresh token
 * - G2 (2022-03-23): `expiresIn` and `refreshExpiresIn` are seconds from now; scope "all"
 * - G3 (2022-08-20): the same under the names `expire` and `refreshExpire`; the scopes by name
 */
const token = '获取 AccessToken';
const later = '获取 AccessToken (later revisions)';
const info = 'UserInfo';
const codes = 'AnyWeb-WiKi, error codes';

const jwt = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const unionid = 'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxx';

const both = ['baseInfo', 'identity'];
const lasting = { expiresAt: now + 2 * hours, scope: ['baseInfo'] };
const renewable = {
  ...lasting,
  accessToken: jwt,
  refreshToken: jwt,
  refreshExpiresAt: now + 30 * days,
  subject: uuid,
};
const pair = { unionid, accessToken: 'a.b.c', refreshToken: 'd.e.f' };
const read = { subject: unionid, accessToken: 'a.b.c', refreshToken: 'd.e.f' };

const succeeds = (data: unknown) => answers({ code: 1000, message: 'success', data });
const refuses = (code: string, status?: number) =>
  answers({ code, message: 'refused' }, status === undefined ? {} : { status });

/** What the platform refuses whatever is asked, since every call carries the app's id and secret. */
const ofEveryCall = rowsOf(codes, [
  ['no appid', { with: { clientId: '' } }, refused('invalid_request', 'A107P002')],
  ['no secret', { with: { clientSecret: '' } }, refused('invalid_request', 'A107P004')],
  [
    'a wrong secret',
    { with: { clientSecret: 'CANARY-wrong-secret' } },
    refused('invalid_client', 'A107P005'),
  ],
  [
    'an unknown appid',
    { with: { clientId: '0de30000-0000-4000-8000-00000000000f' } },
    refused('invalid_client', 'A107P007'),
  ],
  ['a developer who does not exist', refuses('A107P010'), refused('invalid_client', 'A107P010')],
]);

export const anywebRows = table('anyweb', {
  exchange: [
    ...rowsOf(token, [
      ['a code of G1', { generation: 'G1' }, tokens({ ...lasting, accessToken: uuid, subject: uuid })],
      [
        'the example of the document (G1)',
        succeeds({ unionid, accessToken: unionid, expiresIn: 1647686326 }),
        tokens({ accessToken: unionid, expiresAt: now + 2 * hours, scope: ['baseInfo'], subject: unionid }),
      ],
    ]),
    ...rowsOf(later, [
      ['a code of G2', { generation: 'G2' }, tokens({ ...renewable, scope: ['all'] })],
      ['a code of G3', { generation: 'G3', scopes: both }, tokens({ ...renewable, scope: both })],
      [
        'the reply of G2, in seconds',
        succeeds({ ...pair, expiresIn: 7200, refreshExpiresIn: 2592000, scope: 'all' }),
        tokens({ ...renewable, ...read, scope: ['all'] }),
      ],
      [
        'the reply of G3, under other names',
        succeeds({ ...pair, expire: 7200, refreshExpire: 2592000, scope: 'baseInfo,identity' }),
        tokens({ ...renewable, ...read, scope: both }),
      ],
    ]),
    ...ofEveryCall,
    ...rowsOf(codes, [
      [
        'a code nobody issued',
        { with: { code: 'CANARY-never-issued' } },
        refused('invalid_grant', 'A107P009'),
      ],
      ['a code of another app', { foreign: true }, refused('invalid_grant', 'A107P009')],
      ['a code after its 5 minutes', { wait: 301 }, refused('invalid_grant', 'A107P009')],
      ['a code for the second time', { twice: true }, refused('invalid_grant', 'A107P009')],
      ['a dead code behind HTTP 400', refuses('A107P009', 400), refused('invalid_grant', 'A107P009')],
      ['no accessToken', refuses('A107P001'), refused('invalid_request', 'A107P001')],
      ['no unionid', refuses('A107P003'), refused('invalid_request', 'A107P003')],
      ['a wrong accessToken', refuses('A107P006'), refused('invalid_token', 'A107P006')],
      ['a wrong unionid', refuses('A107P008'), refused('invalid_request', 'A107P008')],
      [
        'a user who has not authorised the app',
        refuses('A107P011'),
        refused('insufficient_scope', 'A107P011'),
      ],
      ['a user who does not exist', refuses('A107P012'), refused('invalid_grant', 'A107P012')],
    ]),
    ...rowsOf(
      token,
      [
        [
          'the 2001st exchange of a day, whose answer nobody knows',
          refuses('A107B999'),
          refused('unknown', 'A107B999'),
        ],
      ],
      'assumed',
    ),
  ],

  profile: [
    ...rowsOf(info, [
      [
        'a user of G1, who has a name and a picture',
        { generation: 'G1' },
        profile({
          subject: uuid,
          displayName: '张伟',
          avatarUrl: '{origin}/__emulator/avatars/anyweb/zhangwei.svg',
          raw: ['addressList', 'headImg', 'level', 'network', 'nickName', 'phone', 'scopes', 'unionid'],
        }),
      ],
      [
        'a user of G3, who has neither',
        { generation: 'G3', scopes: ['baseInfo', 'identity'] },
        profile({
          subject: uuid,
          // The identity was granted; asking for it costs money, so it is not asked for.
          raw: ['addressList', 'level', 'network', 'phone', 'scopes', 'unionid'],
        }),
      ],
      [
        'the shape of the document',
        succeeds({
          unionid,
          addressList: ['cfx:a'],
          network: 1029,
          scopes: ['baseInfo'],
          phone: '1',
          level: 0,
        }),
        profile({
          subject: unionid,
          raw: ['addressList', 'level', 'network', 'phone', 'scopes', 'unionid'],
        }),
      ],
    ]),
    ...ofEveryCall,
    ...rowsOf(codes, [
      ['no accessToken', { with: { accessToken: '' } }, refused('invalid_request', 'A107P001')],
      ['no unionid', { with: { subject: '' } }, refused('invalid_request', 'A107P003')],
      [
        'a token nobody issued',
        { with: { accessToken: 'CANARY-never-issued' } },
        refused('invalid_token', 'A107P006'),
      ],
      ['a token after its 2 hours', { wait: 7201 }, refused('invalid_token', 'A107P006')],
      [
        'a unionid that is none',
        { with: { subject: 'CANARY-malformed' } },
        refused('invalid_request', 'A107P008'),
      ],
      [
        'a user who has not authorised the app',
        { scopes: ['identity'] },
        refused('insufficient_scope', 'A107P011'),
      ],
      [
        'a user who does not exist',
        { with: { subject: '00000000-0000-4000-8000-00000000000f' } },
        refused('invalid_grant', 'A107P012'),
      ],
      ['a dead code', refuses('A107P009'), refused('invalid_grant', 'A107P009')],
    ]),
  ],
});
