import { defineProvider, type ErrorRule, input, type ProviderContract } from 'nestjs-oauth-providers';

const errors: readonly ErrorRule[] = [
  { code: ['invalidParameter.authCode.notFound', 'invalidParameter.refreshToken*'], class: 'invalid_grant' },
  { code: 'InvalidAuthentication', class: 'invalid_token' },
  { code: 'invalidClient*', class: 'invalid_client' },
  { code: 'Forbidden.*', class: 'insufficient_scope' },
];
const reply = { decode: 'json', error: { code: ['code'], message: ['message'] } } as const;
const api = 'https://api.dingtalk.com';

/** DingTalk: JSON in camel case, the code under a name of its own, the token in a header of its own. */
export const dingtalkContract = {
  name: 'dingtalk',
  title: { en: 'DingTalk', zh: '钉钉' },
  credentials: { id: 'clientId', secret: 'clientSecret' },
  defaultScope: ['openid'],
  subjectFrom: 'profile',
  login: {
    kind: 'redirect',
    authorizationUrl: 'https://login.dingtalk.com/oauth2/auth',
    params: {
      redirect_uri: input('redirectUri'),
      response_type: 'code',
      client_id: input('clientId'),
      scope: input('scope'),
      state: input('state'),
      prompt: 'consent',
    },
    scopeSeparator: ' ',
    pkce: 'none',
    responseMode: 'query',
    callback: {
      code: ['authCode', 'code'],
      error: { code: ['error'], message: ['error_description'] },
      errors: [{ code: 'access_denied', class: 'access_denied' }],
    },
    codeLifetime: 300,
  },
  renewal: { policy: 'rotate' },
  operations: {
    exchange: {
      request: {
        method: 'POST',
        url: `${api}/v1.0/oauth2/userAccessToken`,
        encoding: 'json',
        params: {
          clientId: input('clientId'),
          clientSecret: input('clientSecret'),
          code: input('code'),
          grantType: 'authorization_code',
        },
      },
      reply: {
        ...reply,
        success: { present: 'accessToken' },
        fields: {
          accessToken: ['accessToken'],
          expires: [{ path: 'expireIn', unit: 'seconds' }],
          defaultLifetime: 7200,
          refreshToken: ['refreshToken'],
        },
      },
      errors,
    },
    appToken: {
      request: {
        method: 'POST',
        url: `${api}/v1.0/oauth2/accessToken`,
        encoding: 'json',
        params: { appKey: input('clientId'), appSecret: input('clientSecret') },
      },
      reply: {
        ...reply,
        success: { present: 'accessToken' },
        fields: {
          accessToken: ['accessToken'],
          expires: [{ path: 'expireIn', unit: 'seconds' }],
          defaultLifetime: 7200,
        },
      },
      errors,
    },
    profile: {
      request: {
        method: 'GET',
        url: `${api}/v1.0/contact/users/me`,
        encoding: 'query',
        params: {},
        headers: { 'x-acs-dingtalk-access-token': input('accessToken') },
      },
      reply: {
        ...reply,
        success: { present: 'unionId' },
        fields: { subject: ['unionId'], displayName: ['nick'], avatarUrl: ['avatarUrl'] },
      },
      errors,
    },
  },
} as const satisfies ProviderContract;

export const dingtalk = defineProvider(dingtalkContract);
