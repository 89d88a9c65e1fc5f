import { type ErrorRule, input, optionalInput, type TokenFields } from '../core/contract.js';
import { shippedProvider } from '../core/define-provider.js';

const commonErrors: readonly ErrorRule[] = [
  { code: '4101', class: 'invalid_request' },
  { code: ['4103', '4104'], class: 'insufficient_scope' },
];

/** Status codes arrive as 2000 or "2000"; on errors `data` is an empty array. */
const reply = {
  decode: 'json',
  payload: 'data',
  error: { code: ['status'], message: ['message'] },
} as const;

const userTokens: TokenFields = {
  accessToken: ['access_token'],
  expires: [{ path: 'expires_in', unit: 'seconds' }],
  defaultLifetime: 7200,
  refreshToken: ['refresh_token'],
  scope: { path: 'scope', separator: ',' },
  subject: ['open_id'],
};

/**
 * 猿之棒 (yuanzhibang) open platform, `https://oauth.yuanzhibang.com`: POST and forms only.
 *
 * Sources: "OAuth2 接口说明" (`/OAuth2/token`), the vendor's own clients (server token, user info). User info
 * is read with the *server* access token; the user's own token is "暂时无用" by the platform's own words.
 */
export const yuanzhibang = shippedProvider({
  name: 'yuanzhibang',
  title: { en: 'Yuanzhibang', zh: '猿之棒' },
  credentials: { id: 'appId', secret: 'secret' },
  defaultScope: ['sns_base'],
  subjectFrom: 'tokens',
  // Known from the vendor's cron job only; what it answers is not.
  renewal: { policy: 'rotate-or-keep' },
  pageSignature: {
    ticketType: 'js_ticket',
    pairs: [
      ['js_ticket', 'ticket'],
      ['nonce_str', 'nonce'],
      ['timestamp', 'timestamp'],
      ['url', 'url'],
    ],
    drop: ['query', 'fragment', 'trailing-slash'],
    output: {
      app_id: 'clientId',
      timestamp: 'timestamp',
      nonce_str: 'nonce',
      signature: 'signature',
      url: 'url',
    },
  },
  login: { kind: 'handoff', bridge: 'yuanzhibang', scopeSeparator: ',', codeLifetime: null },
  operations: {
    exchange: {
      request: {
        method: 'POST',
        url: 'https://oauth.yuanzhibang.com/OAuth2/token',
        encoding: 'form',
        params: {
          app_id: input('clientId'),
          secret: input('clientSecret'),
          grant_type: 'authorization_code',
          code: input('code'),
        },
      },
      reply: {
        ...reply,
        success: { all: [{ equals: ['status', 2000] }, { present: 'data.access_token' }] },
        fields: userTokens,
      },
      errors: [{ code: '4102', class: 'invalid_grant' }, ...commonErrors],
    },
    refresh: {
      request: {
        method: 'POST',
        // Lower-case t, no secret, and the open_id goes along.
        url: 'https://oauth.yuanzhibang.com/OAuth2/refreshtoken',
        encoding: 'form',
        params: {
          app_id: input('clientId'),
          grant_type: 'refresh_token',
          open_id: input('subject'),
          refresh_token: input('refreshToken'),
        },
      },
      reply: {
        ...reply,
        success: { all: [{ equals: ['status', 2000] }, { present: 'data.access_token' }] },
        fields: userTokens,
      },
      errors: [{ code: '4102', class: 'invalid_grant' }, ...commonErrors],
    },
    ticket: {
      request: {
        method: 'POST',
        url: 'https://oauth.yuanzhibang.com/OAuth2/ticket',
        encoding: 'form',
        params: { app_id: input('clientId'), access_token: input('appToken'), type: input('tokenType') },
      },
      reply: {
        ...reply,
        success: { all: [{ equals: ['status', 2000] }, { present: 'data.ticket' }] },
        fields: {
          accessToken: ['ticket'],
          expires: [{ path: 'expires_in', unit: 'seconds' }],
          defaultLifetime: 7200,
        },
      },
      errors: [{ code: '4102', class: 'invalid_token' }, ...commonErrors],
    },
    introspect: {
      request: {
        method: 'POST',
        url: 'https://oauth.yuanzhibang.com/OAuth2/checkCode',
        encoding: 'form',
        params: {
          app_id: input('clientId'),
          type: input('tokenType'),
          code: input('token'),
          // Only for the token of a user.
          open_id: optionalInput('subject'),
        },
      },
      reply: {
        ...reply,
        success: { equals: ['status', 2000] },
        nothing: { equals: ['status', 4102] },
        // The same name as in the token reply, and yet a stamp.
        fields: { expires: [{ path: 'expires_in', unit: 'stamp' }] },
      },
      errors: commonErrors,
    },
    appToken: {
      request: {
        method: 'POST',
        url: 'https://oauth.yuanzhibang.com/OAuth2/token',
        encoding: 'form',
        // Singular, as the platform spells it.
        params: { app_id: input('clientId'), secret: input('clientSecret'), grant_type: 'client_credential' },
      },
      reply: {
        ...reply,
        success: { all: [{ equals: ['status', 2000] }, { present: 'data.access_token' }] },
        fields: {
          accessToken: ['access_token'],
          expires: [{ path: 'expires_in', unit: 'seconds' }],
          defaultLifetime: 7200,
        },
      },
      errors: [{ code: '4102', class: 'invalid_client' }, ...commonErrors],
    },
    profile: {
      request: {
        method: 'POST',
        url: 'https://oauth.yuanzhibang.com/UserResource/getUserBaseInfo',
        encoding: 'form',
        params: { open_id: input('subject'), app_id: input('clientId'), access_token: input('appToken') },
      },
      reply: {
        ...reply,
        success: { equals: ['status', 2000] },
        // No data, or the user has not granted the base info: signed in all the same, without a name.
        nothing: { any: [{ equals: ['status', 2011] }, { equals: ['status', 4103] }] },
        fields: { displayName: ['nick'], avatarUrl: ['avatar'] },
      },
      errors: [{ code: '4102', class: 'invalid_token' }, ...commonErrors],
    },
  },
});
