import { answers, days, hours, now, refused, rowsOf, sends, table, tokens, tryLater } from './vocabulary.js';

/**
 * AnyWeb, renewal and the token of the app. A refresh takes the refresh token alone, calls the new access token
 * `token`, and brings a new refresh token; who the user is and what was granted it does not repeat. The token of
 * the app is the `serviceToken`, with error codes of its own (A108).
 */
const later = '获取 AccessToken (later revisions)';
const service = '获取 ServiceToken';
const codes = 'AnyWeb-WiKi, error codes';

const example = { token: 'a.b.new', expire: 7200, refreshToken: 'd.e.rotated', refreshExpire: 2592000 };
const renewed = {
  accessToken: example.token,
  expiresAt: now + 2 * hours,
  refreshToken: example.refreshToken,
  refreshExpiresAt: now + 30 * days,
  scope: ['baseInfo'],
};
const serviceToken = 'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.XXXX.4--P506OLFFZ';
const granted = { accessToken: serviceToken, expiresAt: now + 2 * hours, scope: ['baseInfo'] };

const succeeds = (data: unknown) => answers({ code: 1000, message: 'success', data });
const refuses = (code: string, status = 200) => answers({ code, message: 'refused' }, { status });

export const anywebTokenRows = table('anyweb', {
  refresh: [
    ...rowsOf(later, [
      [
        'what is sent: the refresh token and nothing else',
        { ...succeeds(example), show: 'request' },
        sends('/open/refreshToken', { refreshToken: 'CANARY-refresh-token' }),
      ],
      ['the reply of the document, with the key “token”', succeeds(example), tokens(renewed)],
      [
        'the seconds as strings',
        succeeds({ ...example, expire: '7200', refreshExpire: '2592000' }),
        tokens(renewed),
      ],
      [
        'no refresh token in it: the old one stays',
        succeeds({ token: example.token, expire: 7200 }),
        tokens({ accessToken: example.token, expiresAt: now + 2 * hours, scope: ['baseInfo'] }),
      ],
    ]),
    ...rowsOf(codes, [
      ['a refresh token that is invalid', refuses('A107B013'), refused('invalid_grant', 'A107B013')],
      ['the same behind HTTP 400', refuses('A107B013', 400), refused('invalid_grant', 'A107B013')],
      ['a user who does not exist', refuses('A107P012'), refused('invalid_grant', 'A107P012')],
      [
        'a user who has not authorised the app',
        refuses('A107P011'),
        refused('insufficient_scope', 'A107P011'),
      ],
    ]),
    ...rowsOf(
      later,
      [
        [
          'a success under the names of the exchange',
          succeeds({ accessToken: 'a.b.new', expire: 7200 }),
          refused('unknown', 1000),
        ],
      ],
      'assumed',
    ),
  ],

  appToken: [
    ...rowsOf(service, [
      [
        'what is sent',
        { ...succeeds({ serviceToken, expiresIn: 7200 }), show: 'request' },
        sends('/service/serviceToken', {
          appid: '0de30000-0000-4000-8000-000000000001',
          secret: 'demo-secret-of-anyweb',
        }),
      ],
      [
        'the example of the document: seconds from now, where the user’s token of its time had a stamp',
        succeeds({ serviceToken, expiresIn: 7200 }),
        tokens(granted),
      ],
    ]),
    ...rowsOf(codes, [
      ['a service token that is wrong', refuses('A108P001'), refused('invalid_token', 'A108P001')],
      ['no appid', refuses('A108P002'), refused('invalid_request', 'A108P002')],
      ['no secret', refuses('A108P003'), refused('invalid_request', 'A108P003')],
      ['a wrong secret', refuses('A108P004'), refused('invalid_client', 'A108P004')],
      ['an unknown appid, behind HTTP 400', refuses('A108P005', 400), refused('invalid_client', 'A108P005')],
      [
        'a user who has not authorised the app',
        refuses('A108P006'),
        refused('insufficient_scope', 'A108P006'),
      ],
      ['a malformed group', refuses('A108P007'), refused('invalid_request', 'A108P007')],
      ['a query that failed', refuses('A108B001'), tryLater('transient', 'A108B001')],
      ['a batch that failed', refuses('A108B002'), tryLater('transient', 'A108B002')],
    ]),
  ],
});
