import { defineProvider, type ErrorRule, input, type ProviderContract } from 'nestjs-oauth-providers';

const errors: readonly ErrorRule[] = [
  { code: ['100019', '100020', '100021'], class: 'invalid_grant' },
  { code: ['100014', '100015', '100016', '100030'], class: 'invalid_token' },
  { code: ['100007', '100008', '100009'], class: 'invalid_client' },
];
const graph = 'https://graph.qq.com';

/** QQ Connect: a form on success, JSONP on failure, and a call of its own to learn whose token it is. */
export const qqContract = {
  name: 'qq',
  title: { en: 'QQ', zh: 'QQ' },
  credentials: { id: 'appId', secret: 'appKey' },
  defaultScope: ['get_user_info'],
  subjectFrom: 'identity',
  login: {
    kind: 'redirect',
    authorizationUrl: `${graph}/oauth2.0/authorize`,
    params: {
      response_type: 'code',
      client_id: input('clientId'),
      redirect_uri: input('redirectUri'),
      state: input('state'),
      scope: input('scope'),
    },
    scopeSeparator: ',',
    pkce: 'none',
    responseMode: 'query',
    callback: {
      code: ['code'],
      error: { code: ['usercancel', 'error'] },
      errors: [{ code: '1', class: 'access_denied' }],
    },
    codeLifetime: 600,
  },
  renewal: { policy: 'rotate' },
  operations: {
    exchange: {
      request: {
        method: 'GET',
        url: `${graph}/oauth2.0/token`,
        encoding: 'query',
        params: {
          grant_type: 'authorization_code',
          client_id: input('clientId'),
          client_secret: input('clientSecret'),
          code: input('code'),
          redirect_uri: input('redirectUri'),
          fmt: 'json',
        },
      },
      reply: {
        decode: 'jsonp',
        success: { all: [{ present: 'access_token' }, { absent: 'error' }] },
        fields: {
          accessToken: ['access_token'],
          expires: [{ path: 'expires_in', unit: 'seconds' }],
          defaultLifetime: 7_776_000,
          refreshToken: ['refresh_token'],
        },
        error: { code: ['error'], message: ['error_description'] },
      },
      errors,
    },
    identity: {
      request: {
        method: 'GET',
        url: `${graph}/oauth2.0/me`,
        encoding: 'query',
        params: { access_token: input('accessToken') },
      },
      reply: {
        decode: 'jsonp',
        success: { present: 'openid' },
        fields: { subject: ['openid'] },
        error: { code: ['error'], message: ['error_description'] },
      },
      errors,
    },
    profile: {
      request: {
        method: 'GET',
        url: `${graph}/user/get_user_info`,
        encoding: 'query',
        params: {
          access_token: input('accessToken'),
          oauth_consumer_key: input('clientId'),
          openid: input('subject'),
        },
      },
      reply: {
        decode: 'json',
        success: { equals: ['ret', 0] },
        fields: { displayName: ['nickname'], avatarUrl: ['figureurl_qq_2', 'figureurl_qq_1'] },
        error: { code: ['ret'], message: ['msg'] },
      },
      errors,
    },
  },
} as const satisfies ProviderContract;

export const qq = defineProvider(qqContract);
