import { type ErrorRule, input, optionalInput, type TokenFields } from '../core/contract.js';
import { shippedProvider } from '../core/define-provider.js';

const dead = '(invalid|expired|revoked|used|not found|does not exist|无效|过期|失效|已撤销|已使用|不存在)';
// The word "code", not the end of "decode" and not the number of an error.
const grant = '(refresh[ _]token|(?<![a-z]|error[ _]|status[ _])code(?![a-z])|授权码|临时码)';

/**
 * WPS publishes no codes for its token endpoint, so its words are matched; clients have also met the names of RFC
 * 6749 §5.2, which win. Of the words, those about the client come first: "invalid client" must not be read as a
 * dead grant.
 */
const tokenErrors: readonly ErrorRule[] = [
  { code: 'invalid_grant', class: 'invalid_grant' },
  { code: ['invalid_client', 'unauthorized_client'], class: 'invalid_client' },
  { code: ['invalid_request', 'unsupported_grant_type'], class: 'invalid_request' },
  { code: 'invalid_scope', class: 'insufficient_scope' },
  // A status says more than words that were guessed: no outage is a dead grant.
  { status: 429, class: 'throttled' },
  { status: [500, 502, 503, 504], class: 'transient' },
  { message: /invalid_grant/, class: 'invalid_grant' },
  { message: /client|app ?(id|key)|secret|应用|密钥/i, class: 'invalid_client' },
  { message: /redirect[_ ]?uri|回调/i, class: 'invalid_client' },
  { message: new RegExp(`${grant}.*${dead}`, 'i'), class: 'invalid_grant' },
  { message: new RegExp(`${dead}.*${grant}`, 'i'), class: 'invalid_grant' },
  { message: /scope|权限/i, class: 'insufficient_scope' },
];

const tokenReply = {
  decode: 'json',
  success: { all: [{ present: 'access_token' }, { any: [{ absent: 'code' }, { equals: ['code', 0] }] }] },
  error: { code: ['code', 'error'], message: ['msg', 'message', 'error_description', 'error'] },
} as const;

const userTokens: TokenFields = {
  accessToken: ['access_token'],
  tokenType: ['token_type'],
  expires: [{ path: 'expires_in', unit: 'seconds' }],
  defaultLifetime: 7200,
  refreshToken: ['refresh_token'],
  // The remaining life, which counts down; typed a string in the table, a number in every example.
  refreshExpires: [{ path: 'refresh_expires_in', unit: 'seconds' }],
};

/**
 * WPS 365 open platform, `https://openapi.wps.cn`.
 *
 * Sources: "获取用户 access_token" (token endpoint), "查询当前用户信息" (user info), "用户授权流程"
 * (authorization; scopes are comma-separated, the code lives 10 minutes and works once).
 */
export const wps = shippedProvider({
  name: 'wps',
  title: { en: 'WPS 365', zh: 'WPS 365' },
  credentials: { id: 'clientId', secret: 'clientSecret' },
  defaultScope: ['kso.user_base.read'],
  subjectFrom: 'profile',
  // The new refresh token ends the old one at once; the old access token lives on until its own end.
  renewal: { policy: 'rotate' },
  login: {
    kind: 'redirect',
    authorizationUrl: 'https://openapi.wps.cn/oauth2/auth',
    params: {
      client_id: input('clientId'),
      response_type: 'code',
      redirect_uri: input('redirectUri'),
      scope: input('scope'),
      state: input('state'),
    },
    scopeSeparator: ',',
    pkce: 'none',
    responseMode: 'query',
    callback: {
      code: ['code'],
      // Not documented; clients of the platform read the parameters of RFC 6749 §4.1.2.1.
      error: { code: ['error'], message: ['error_description'] },
      errors: [
        { code: 'access_denied', class: 'access_denied' },
        { code: 'invalid_scope', class: 'insufficient_scope' },
        { code: ['server_error', 'temporarily_unavailable'], class: 'transient' },
      ],
    },
    codeLifetime: 600,
  },
  operations: {
    exchange: {
      request: {
        method: 'POST',
        url: 'https://openapi.wps.cn/oauth2/token',
        encoding: 'form',
        params: {
          grant_type: 'authorization_code',
          client_id: input('clientId'),
          client_secret: input('clientSecret'),
          code: input('code'),
          redirect_uri: input('redirectUri'),
        },
      },
      reply: { ...tokenReply, fields: userTokens },
      errors: tokenErrors,
    },
    refresh: {
      request: {
        method: 'POST',
        url: 'https://openapi.wps.cn/oauth2/token',
        encoding: 'form',
        params: {
          grant_type: 'refresh_token',
          refresh_token: input('refreshToken'),
          client_id: input('clientId'),
          client_secret: input('clientSecret'),
        },
      },
      reply: { ...tokenReply, fields: userTokens },
      errors: tokenErrors,
    },
    appToken: {
      request: {
        method: 'POST',
        url: 'https://openapi.wps.cn/oauth2/token',
        encoding: 'form',
        params: {
          grant_type: 'client_credentials',
          client_id: input('clientId'),
          client_secret: input('clientSecret'),
          // For a tenant of an app that is sold to others.
          company_id: optionalInput('tenant'),
          app_ticket: optionalInput('ticket'),
        },
      },
      reply: {
        ...tokenReply,
        fields: {
          accessToken: ['access_token'],
          tokenType: ['token_type'],
          expires: [{ path: 'expires_in', unit: 'seconds' }],
          defaultLifetime: 7200,
        },
      },
      errors: tokenErrors,
    },
    profile: {
      request: {
        method: 'GET',
        url: 'https://openapi.wps.cn/v7/users/current',
        encoding: 'query',
        params: {},
        headers: { 'Content-Type': 'application/json' },
        bearer: 'accessToken',
      },
      reply: {
        decode: 'json',
        success: { all: [{ equals: ['code', 0] }, { present: 'data.id' }] },
        payload: 'data',
        fields: { subject: ['id'], displayName: ['user_name'], avatarUrl: ['avatar'] },
        error: { code: ['code', 'error'], message: ['msg', 'message', 'error_description', 'error'] },
      },
      errors: [
        { status: 401, class: 'invalid_token' },
        // Edition or privilege wall, seen in the wild.
        { code: '403000001', class: 'insufficient_scope' },
        { status: 403, class: 'insufficient_scope' },
      ],
    },
  },
});
