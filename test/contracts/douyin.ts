import {
  defineProvider,
  type ErrorRule,
  input,
  type ProviderContract,
  type TokenFields,
} from 'nestjs-oauth-providers';

const errors: readonly ErrorRule[] = [
  { code: ['10007', '10010', '10013'], class: 'invalid_grant' },
  { code: ['10008', '2190002', '2190008'], class: 'invalid_token' },
  { code: ['10002', '10003', '10014'], class: 'invalid_client' },
  { code: '10020', class: 'invalid_grant' },
];
const host = 'https://open.douyin.com';
/** The error lies inside `data`, beside where the tokens would be. */
const reply = {
  decode: 'json',
  payload: 'data',
  success: { all: [{ equals: ['message', 'success'] }, { equals: ['data.error_code', 0] }] },
  error: { code: ['data.error_code'], message: ['data.description'] },
} as const;
const tokens: TokenFields = {
  accessToken: ['access_token'],
  expires: [{ path: 'expires_in', unit: 'seconds' }],
  defaultLifetime: 1_296_000,
  refreshToken: ['refresh_token'],
  refreshExpires: [{ path: 'refresh_expires_in', unit: 'seconds' }],
  scope: { path: 'scope', separator: ',' },
  subject: ['open_id'],
};

/** Douyin: `client_key` everywhere, trailing slashes, and a refresh token that is renewed by a call of its own. */
export const douyinContract = {
  name: 'douyin',
  title: { en: 'Douyin', zh: '抖音' },
  credentials: { id: 'clientKey', secret: 'clientSecret' },
  defaultScope: ['user_info'],
  subjectFrom: 'tokens',
  login: {
    kind: 'redirect',
    authorizationUrl: `${host}/platform/oauth/connect/`,
    params: {
      client_key: input('clientId'),
      response_type: 'code',
      scope: input('scope'),
      redirect_uri: input('redirectUri'),
      state: input('state'),
    },
    scopeSeparator: ',',
    pkce: 'none',
    responseMode: 'query',
    callback: { code: ['code'], error: { code: ['errCode'] }, errors: [] },
    codeLifetime: 600,
  },
  renewal: { policy: 'separate-renew', maxRenewals: 5 },
  operations: {
    exchange: {
      request: {
        method: 'POST',
        url: `${host}/oauth/access_token/`,
        encoding: 'form',
        params: {
          client_key: input('clientId'),
          client_secret: input('clientSecret'),
          code: input('code'),
          grant_type: 'authorization_code',
        },
      },
      reply: { ...reply, fields: tokens },
      errors,
    },
    refresh: {
      request: {
        method: 'POST',
        url: `${host}/oauth/refresh_token/`,
        encoding: 'form',
        params: {
          client_key: input('clientId'),
          grant_type: 'refresh_token',
          refresh_token: input('refreshToken'),
        },
      },
      reply: { ...reply, fields: tokens },
      errors,
    },
    renewRefreshToken: {
      request: {
        method: 'POST',
        url: `${host}/oauth/renew_refresh_token/`,
        encoding: 'form',
        params: { client_key: input('clientId'), refresh_token: input('refreshToken') },
      },
      reply: {
        ...reply,
        fields: {
          accessToken: ['refresh_token'],
          expires: [{ path: 'expires_in', unit: 'seconds' }],
          defaultLifetime: 2_592_000,
        },
      },
      errors,
    },
    profile: {
      request: {
        method: 'POST',
        url: `${host}/oauth/userinfo/`,
        encoding: 'form',
        params: { access_token: input('accessToken'), open_id: input('subject') },
      },
      reply: {
        ...reply,
        success: { equals: ['data.error_code', 0] },
        fields: { subject: ['open_id'], displayName: ['nickname'], avatarUrl: ['avatar'] },
      },
      errors,
    },
  },
} as const satisfies ProviderContract;

export const douyin = defineProvider(douyinContract);
