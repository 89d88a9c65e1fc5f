import { defineProvider, type ErrorRule, input, type ProviderContract } from 'nestjs-oauth-providers';

const errors: readonly ErrorRule[] = [
  {
    subCode: ['isv.code-invalid', 'isv.refresh-token-invalid', 'isv.refresh-token-time-out'],
    class: 'invalid_grant',
  },
  { code: '20001', class: 'invalid_token' },
  { subCode: ['isv.invalid-signature', 'isv.invalid-app-id'], class: 'invalid_client' },
  { code: '20000', class: 'transient' },
  { code: '40006', class: 'insufficient_scope' },
  { code: ['40001', '40002'], class: 'invalid_request' },
];
const gateway = 'https://openapi.alipay.com/gateway.do';
const common = { app_id: input('clientId'), format: 'JSON', charset: 'utf-8', version: '1.0' } as const;

/** Alipay: one gateway for everything, requests signed with a private key, replies under the method's name. */
export const alipayContract = {
  name: 'alipay',
  title: { en: 'Alipay', zh: '支付宝' },
  credentials: { id: 'appId', secret: null },
  defaultScope: ['auth_user'],
  subjectFrom: 'tokens',
  login: {
    kind: 'redirect',
    authorizationUrl: 'https://openauth.alipay.com/oauth2/publicAppAuthorize.htm',
    params: {
      app_id: input('clientId'),
      scope: input('scope'),
      redirect_uri: input('redirectUri'),
      state: input('state'),
    },
    scopeSeparator: ',',
    pkce: 'none',
    responseMode: 'query',
    callback: { code: ['auth_code'], error: { code: ['error'] }, errors: [] },
    codeLifetime: 86_400,
  },
  renewal: { policy: 'rotate' },
  operations: {
    exchange: {
      request: {
        method: 'POST',
        url: gateway,
        encoding: 'form',
        params: {
          ...common,
          method: 'alipay.system.oauth.token',
          grant_type: 'authorization_code',
          code: input('code'),
        },
        sign: ['alipay_rsa2'],
      },
      reply: {
        decode: 'json',
        payload: 'alipay_system_oauth_token_response',
        success: { present: 'alipay_system_oauth_token_response.access_token' },
        fields: {
          accessToken: ['access_token'],
          expires: [{ path: 'expires_in', unit: 'seconds' }],
          defaultLifetime: 1_296_000,
          refreshToken: ['refresh_token'],
          refreshExpires: [{ path: 're_expires_in', unit: 'seconds' }],
          subject: ['user_id', 'open_id'],
        },
        error: {
          code: ['error_response.code', 'alipay_system_oauth_token_response.code'],
          subCode: ['error_response.sub_code', 'alipay_system_oauth_token_response.sub_code'],
          message: ['error_response.sub_msg', 'alipay_system_oauth_token_response.sub_msg'],
        },
      },
      errors,
    },
    profile: {
      request: {
        method: 'POST',
        url: gateway,
        encoding: 'form',
        params: { ...common, method: 'alipay.user.info.share', auth_token: input('accessToken') },
        sign: ['alipay_rsa2'],
      },
      reply: {
        decode: 'json',
        payload: 'alipay_user_info_share_response',
        success: { equals: ['alipay_user_info_share_response.code', 10000] },
        fields: { subject: ['user_id', 'open_id'], displayName: ['nick_name'], avatarUrl: ['avatar'] },
        error: {
          code: ['error_response.code', 'alipay_user_info_share_response.code'],
          subCode: ['error_response.sub_code', 'alipay_user_info_share_response.sub_code'],
        },
      },
      errors,
    },
  },
} as const satisfies ProviderContract;

export const alipay = defineProvider(alipayContract);
