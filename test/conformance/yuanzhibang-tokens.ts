import {
  active,
  answers,
  days,
  hours,
  inactive,
  now,
  refused,
  rowsOf,
  sends,
  table,
  tokens,
} from './vocabulary.js';

/**
 * 猿之棒, renewal, page tickets and the state of tokens. `expires_in` is seconds from now in a ticket, and the
 * absolute second of the end in `checkCode`. The refresh is known from the vendor's own job only: without a
 * secret, with the open_id; its reply is presumed to be that of the exchange.
 */
const doc = 'OAuth2 接口说明';
const status = 'yzb-document, status codes';
const vendor = 'the vendor’s clients';

const example = {
  open_id: 'bkNhRE1LN2FGb3pnWEJKS2l0MzZ0OCt3cVMwRkE0SXJTaDd6T2FNSWp0',
  access_token: '5cc928f1eadd0a25bf18e08269c2309741e94b0b51585d987d24488331ca50de',
  expires_in: 7200,
  refresh_token: '1503c423d5303ccab35cb26792f403fcae48eec2bedca99b2e9259683f2a31ac',
  scope: 'sns_base',
};
const plain = { accessToken: example.access_token, expiresAt: now + 2 * hours, scope: ['sns_base'] };
const renewed = { ...plain, refreshToken: example.refresh_token, subject: example.open_id };

/** The example of the document, to the letter. */
const ticket = {
  ticket: '36bd5645fbadaf5e3ef4a889f0ac26ee14fa7ab0578e8e0108519a4706f2ab4c',
  expires_in: 7200,
};
const issued = { accessToken: ticket.ticket, expiresAt: now + 2 * hours, scope: ['sns_base'] };
const longTicket = 'ab'.repeat(64);

/** The stamp of the document, two hours after the row begins. */
const stamp = 1654576906;
const at = '2022-06-07T02:41:46Z';
const end = Date.parse('2022-06-07T04:41:46Z');

const succeeds = (data: unknown, code: string | number = '2000', headers: Record<string, string> = {}) =>
  answers({ status: code, message: 'ok', data }, { headers });
const refuses = (code: string | number, message = 'refused') => answers({ status: code, message, data: [] });

/** What is refused whatever is asked; 4102 means something else each time. */
const ofEveryCall = rowsOf(status, [
  ['a bad parameter', refuses('4101'), refused('invalid_request', 4101)],
  ['no permission', refuses('4103'), refused('insufficient_scope', 4103)],
  ['a user who has not added the app', refuses(4104), refused('insufficient_scope', 4104)],
  ['the error without a reason', refuses('4000'), refused('unknown', 4000)],
  ['a success without data', refuses('2011', 'ok'), refused('unknown', 2011)],
]);

export const yuanzhibangTokenRows = table('yuanzhibang', {
  refresh: [
    ...rowsOf(vendor, [
      [
        'what is sent: the open_id, and no secret',
        { ...succeeds(example), show: 'request' },
        sends('/OAuth2/refreshtoken', {
          app_id: '100011',
          grant_type: 'refresh_token',
          open_id: 'CANARY-subject',
          refresh_token: 'CANARY-refresh-token',
        }),
      ],
    ]),
    ...rowsOf(
      vendor,
      [
        ['the reply of the exchange', succeeds(example), tokens(renewed)],
        ['the same, the status a number', succeeds(example, 2000), tokens(renewed)],
        [
          'every leaf a string, as the document promises',
          succeeds({ ...example, expires_in: '7200' }),
          tokens(renewed),
        ],
        [
          'an access token alone: the refresh token stays',
          succeeds({ access_token: example.access_token, expires_in: 7200 }),
          tokens(plain),
        ],
      ],
      'assumed',
    ),
    ...rowsOf(status, [['a dead refresh token', refuses('4102'), refused('invalid_grant', 4102)]]),
    ...ofEveryCall,
  ],

  ticket: [
    ...rowsOf(doc, [
      [
        'what is sent: the token of the app, and no secret',
        { ...succeeds(ticket), show: 'request' },
        sends('/OAuth2/ticket', {
          app_id: '100011',
          access_token: 'CANARY-app-token',
          type: 'js_ticket',
        }),
      ],
      ['the example of the document', succeeds(ticket), tokens(issued)],
      ['a status without quotes', succeeds(ticket, 2000), tokens(issued)],
      [
        'a ticket of the 128 characters that are to be reserved',
        succeeds({ ...ticket, ticket: longTicket }),
        tokens({ ...issued, accessToken: longTicket }),
      ],
      [
        'the refusal of the document',
        refuses('4102', 'server_access_token is invalid'),
        refused('invalid_token', 4102),
      ],
    ]),
    ...rowsOf(status, [
      [
        'every leaf a string, as the document promises',
        succeeds({ ...ticket, expires_in: '7200' }),
        tokens(issued),
      ],
    ]),
    ...ofEveryCall,
  ],

  introspect: [
    ...rowsOf(doc, [
      [
        'what is sent about the token of a user: the open_id too',
        { ...succeeds({ expires_in: stamp }), show: 'request' },
        sends('/OAuth2/checkCode', {
          app_id: '100011',
          type: 'access_token',
          code: 'CANARY-token',
          open_id: 'CANARY-subject',
        }),
      ],
      [
        'what is sent about the token of the app',
        { ...succeeds({ expires_in: stamp }), show: 'request', about: 'appToken' },
        sends('/OAuth2/checkCode', { app_id: '100011', type: 'access_token', code: 'CANARY-token' }),
      ],
      [
        'what is sent about a ticket',
        { ...succeeds({ expires_in: stamp }), show: 'request', about: 'ticket' },
        sends('/OAuth2/checkCode', { app_id: '100011', type: 'js_ticket', code: 'CANARY-token' }),
      ],
      ['the example of the document', { ...succeeds({ expires_in: stamp }), at }, active({ expiresAt: end })],
      [
        'a status without quotes',
        { ...succeeds({ expires_in: stamp }, 2000), at },
        active({ expiresAt: end }),
      ],
      [
        'a platform whose clock, by its Date, is an hour ahead',
        { ...succeeds({ expires_in: stamp }, '2000', { Date: 'Tue, 07 Jun 2022 03:41:46 GMT' }), at },
        active({ expiresAt: end - hours }),
      ],
      [
        'a platform whose clock, by its Date, is a day behind',
        { ...succeeds({ expires_in: stamp }, '2000', { Date: 'Mon, 06 Jun 2022 02:41:46 GMT' }), at },
        active({ expiresAt: end + days }),
      ],
      ['the refusal of the document', refuses('4102', 'server_access_token is invalid'), inactive],
      ['the same, the status a number', refuses(4102, 'server_access_token is invalid'), inactive],
    ]),
    ...rowsOf(status, [
      [
        'the stamp in quotes, as the document promises',
        { ...succeeds({ expires_in: String(stamp) }), at },
        active({ expiresAt: end }),
      ],
    ]),
    ...ofEveryCall,
  ],
});
