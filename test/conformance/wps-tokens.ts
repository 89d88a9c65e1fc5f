import { answers, days, hours, now, refused, rowsOf, sends, table, tokens } from './vocabulary.js';
import { says, wpsRefusals } from './wps-refusals.js';

/**
 * WPS 365, the grants without a person. A refresh brings a new refresh token and ends the old one at once; the
 * life of the refresh token is told as what is left of it, and counts down. The token of the app has no refresh
 * token; an app that is sold to others gets one per tenant.
 */
const renewal = '刷新用户 access_token';
const flow = '用户授权流程';
const app = '获取应用 access_token';

const scope = ['kso.user_base.read'];

/** The shape of the document; its refresh token has a year left. */
const example = {
  access_token: 'eyJhbGciOiJFUzI1N**********new',
  expires_in: 7200,
  refresh_token: 'eyJhbGciOiJFUzI1N**********rotated',
  refresh_expires_in: 31536000,
  token_type: 'bearer',
};
const renewed = {
  accessToken: example.access_token,
  tokenType: 'bearer',
  expiresAt: now + 2 * hours,
  refreshToken: example.refresh_token,
  refreshExpiresAt: now + 365 * days,
  scope,
};

const ofApp = { access_token: 'eyJhbGciOiJFUzI1N**********app', expires_in: 7200, token_type: 'bearer' };
const appGranted = {
  accessToken: ofApp.access_token,
  tokenType: 'bearer',
  expiresAt: now + 2 * hours,
  scope,
};
const tenant = { tenant: 'CANARY-company', ticket: 'CANARY-app-ticket' };

export const wpsTokenRows = table('wps', {
  refresh: [
    ...rowsOf(renewal, [
      [
        'what is sent',
        { ...answers(example), show: 'request' },
        sends('/oauth2/token', {
          grant_type: 'refresh_token',
          refresh_token: 'CANARY-refresh-token',
          client_id: 'AK20240101DEMOAA',
          client_secret: 'demo-secret-of-wps',
        }),
      ],
      ['the reply of the document, with a new refresh token', answers(example), tokens(renewed)],
      [
        'refresh_expires_in as a string',
        answers({ ...example, refresh_expires_in: '31536000' }),
        tokens(renewed),
      ],
      [
        'a refresh token with less left, as it counts down',
        answers({ ...example, refresh_expires_in: 1000 }),
        tokens({ ...renewed, refreshExpiresAt: now + 1_000_000 }),
      ],
      ['a success that says code 0 as well', answers({ code: 0, msg: '', ...example }), tokens(renewed)],
    ]),
    ...wpsRefusals(example, 'refresh_token has expired', 'invalid_grant'),
    ...rowsOf(
      'design: the words decide, and the HTTP status before them',
      [
        [
          'the words refresh token is invalid',
          says('refresh token is invalid'),
          refused('invalid_grant', 40001),
        ],
        ['the words invalid refresh_token', says('invalid refresh_token'), refused('invalid_grant', 40001)],
        ['the words refresh_token 已失效', says('refresh_token 已失效'), refused('invalid_grant', 40001)],
        ['the words refresh_token 不存在', says('refresh_token 不存在'), refused('invalid_grant', 40001)],
      ],
      'assumed',
    ),
  ],

  appToken: [
    ...rowsOf(app, [
      [
        'what is sent',
        { ...answers(ofApp), show: 'request' },
        sends('/oauth2/token', {
          grant_type: 'client_credentials',
          client_id: 'AK20240101DEMOAA',
          client_secret: 'demo-secret-of-wps',
        }),
      ],
      [
        'what is sent for a tenant of an app that is sold',
        { ...answers(ofApp), show: 'request', with: tenant },
        sends('/oauth2/token', {
          grant_type: 'client_credentials',
          client_id: 'AK20240101DEMOAA',
          client_secret: 'demo-secret-of-wps',
          company_id: 'CANARY-company',
          app_ticket: 'CANARY-app-ticket',
        }),
      ],
      ['the reply of the document, without a refresh token', answers(ofApp), tokens(appGranted)],
    ]),
    ...rowsOf(flow, [
      ['a success that says code 0 as well', answers({ code: 0, msg: '', ...ofApp }), tokens(appGranted)],
    ]),
    ...wpsRefusals(ofApp, 'client_secret is invalid', 'invalid_client'),
  ],
});
