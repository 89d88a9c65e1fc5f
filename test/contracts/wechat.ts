import { defineProvider, type ErrorRule, input, type ProviderContract } from 'nestjs-oauth-providers';

const errors: readonly ErrorRule[] = [
  { code: ['40029', '40163', '42002', '40030'], class: 'invalid_grant' },
  { code: ['40001', '40014', '42001'], class: 'invalid_token' },
  { code: ['40013', '40125'], class: 'invalid_client' },
  { code: '45009', class: 'throttled' },
  { code: '-1', class: 'transient' },
];
const reply = { decode: 'json', error: { code: ['errcode'], message: ['errmsg'] } } as const;
const api = 'https://api.weixin.qq.com';

/** WeChat, website sign-in by QR code: GET for everything, errors with HTTP 200, a suffix after the query. */
export const wechatContract = {
  name: 'wechat',
  title: { en: 'WeChat', zh: '微信' },
  credentials: { id: 'appId', secret: 'secret' },
  defaultScope: ['snsapi_login'],
  subjectFrom: 'tokens',
  login: {
    kind: 'redirect',
    authorizationUrl: 'https://open.weixin.qq.com/connect/qrconnect',
    params: {
      appid: input('clientId'),
      redirect_uri: input('redirectUri'),
      response_type: 'code',
      scope: input('scope'),
      state: input('state'),
    },
    suffix: '#wechat_redirect',
    scopeSeparator: ',',
    pkce: 'none',
    responseMode: 'query',
    // A refusal comes back without a code and without an error.
    callback: { code: ['code'], error: { code: ['errcode'] }, errors: [] },
    codeLifetime: 300,
  },
  renewal: { policy: 'extend-same' },
  quotas: [{ operations: ['appToken'], limit: 2000, window: { dayIn: 'Asia/Shanghai' } }],
  operations: {
    exchange: {
      request: {
        method: 'GET',
        url: `${api}/sns/oauth2/access_token`,
        encoding: 'query',
        params: {
          appid: input('clientId'),
          secret: input('clientSecret'),
          code: input('code'),
          grant_type: 'authorization_code',
        },
      },
      reply: {
        ...reply,
        success: {
          all: [{ present: 'access_token' }, { any: [{ absent: 'errcode' }, { equals: ['errcode', 0] }] }],
        },
        fields: {
          accessToken: ['access_token'],
          expires: [{ path: 'expires_in', unit: 'seconds' }],
          defaultLifetime: 7200,
          refreshToken: ['refresh_token'],
          scope: { path: 'scope', separator: ',' },
          subject: ['openid'],
        },
      },
      errors,
    },
    appToken: {
      request: {
        method: 'POST',
        url: `${api}/cgi-bin/stable_token`,
        encoding: 'json',
        params: {
          grant_type: 'client_credential',
          appid: input('clientId'),
          secret: input('clientSecret'),
          force_refresh: false,
        },
      },
      reply: {
        ...reply,
        success: { present: 'access_token' },
        fields: {
          accessToken: ['access_token'],
          expires: [{ path: 'expires_in', unit: 'seconds' }],
          defaultLifetime: 7200,
        },
      },
      errors,
    },
    ticket: {
      request: {
        method: 'GET',
        url: `${api}/cgi-bin/ticket/getticket?type=jsapi`,
        encoding: 'query',
        params: { access_token: input('appToken') },
      },
      reply: {
        ...reply,
        success: { all: [{ equals: ['errcode', 0] }, { present: 'ticket' }] },
        fields: {
          accessToken: ['ticket'],
          expires: [{ path: 'expires_in', unit: 'seconds' }],
          defaultLifetime: 7200,
        },
      },
      errors,
    },
    profile: {
      request: {
        method: 'GET',
        url: `${api}/sns/userinfo`,
        encoding: 'query',
        params: { access_token: input('accessToken'), openid: input('subject'), lang: 'zh_CN' },
      },
      reply: {
        ...reply,
        success: { present: 'openid' },
        fields: { subject: ['openid'], displayName: ['nickname'], avatarUrl: ['headimgurl'] },
      },
      errors,
    },
  },
} as const satisfies ProviderContract;

export const wechat = defineProvider(wechatContract);
