import {
  defineProvider,
  type ErrorRule,
  input,
  optionalInput,
  type ProviderContract,
  type TokenFields,
} from 'nestjs-oauth-providers';

const errors: readonly ErrorRule[] = [
  { code: ['20003', '20004', '20037', '20064', '20073', '20074'], class: 'invalid_grant' },
  { code: ['20002', '20048'], class: 'invalid_client' },
  { code: ['99991663', '99991668', '99991677'], class: 'invalid_token' },
  { code: '20050', class: 'transient' },
];
const tokens: TokenFields = {
  accessToken: ['access_token'],
  tokenType: ['token_type'],
  expires: [{ path: 'expires_in', unit: 'seconds' }],
  defaultLifetime: 7200,
  refreshToken: ['refresh_token'],
  refreshExpires: [{ path: 'refresh_token_expires_in', unit: 'seconds' }],
  scope: { path: 'scope', separator: ' ' },
};
const reply = {
  decode: 'json',
  success: { all: [{ equals: ['code', 0] }, { present: 'access_token' }] },
  error: { code: ['code'], subCode: ['error'], message: ['error_description', 'msg'] },
} as const;

/** Feishu, or its twin Lark: the same facts at other hosts. */
function feishuContract<const Name extends string>(
  name: Name,
  title: { en: string; zh: string },
  domain: string,
) {
  return {
    name,
    title,
    credentials: { id: 'appId', secret: 'appSecret' },
    // Without it there is no refresh token.
    defaultScope: ['offline_access'],
    subjectFrom: 'profile',
    login: {
      kind: 'redirect',
      authorizationUrl: `https://accounts.${domain}/open-apis/authen/v1/authorize`,
      params: {
        client_id: input('clientId'),
        response_type: 'code',
        redirect_uri: input('redirectUri'),
        scope: input('scope'),
        state: input('state'),
        code_challenge: optionalInput('codeChallenge'),
        code_challenge_method: optionalInput('codeChallengeMethod'),
      },
      scopeSeparator: ' ',
      pkce: 'S256',
      responseMode: 'query',
      callback: {
        code: ['code'],
        error: { code: ['error'] },
        errors: [{ code: 'access_denied', class: 'access_denied' }],
      },
      codeLifetime: 300,
    },
    renewal: { policy: 'rotate' },
    operations: {
      exchange: {
        request: {
          method: 'POST',
          url: `https://open.${domain}/open-apis/authen/v2/oauth/token`,
          encoding: 'json',
          params: {
            grant_type: 'authorization_code',
            client_id: input('clientId'),
            client_secret: input('clientSecret'),
            code: input('code'),
            redirect_uri: input('redirectUri'),
            code_verifier: optionalInput('codeVerifier'),
          },
        },
        reply: { ...reply, fields: tokens },
        errors,
      },
      appToken: {
        request: {
          method: 'POST',
          url: `https://open.${domain}/open-apis/auth/v3/tenant_access_token/internal`,
          encoding: 'json',
          params: { app_id: input('clientId'), app_secret: input('clientSecret') },
        },
        reply: {
          ...reply,
          success: { equals: ['code', 0] },
          fields: {
            accessToken: ['tenant_access_token'],
            expires: [{ path: 'expire', unit: 'seconds' }],
            defaultLifetime: 7200,
          },
        },
        errors,
      },
      profile: {
        request: {
          method: 'GET',
          url: `https://open.${domain}/open-apis/authen/v1/user_info`,
          encoding: 'query',
          params: {},
          bearer: 'accessToken',
        },
        reply: {
          ...reply,
          success: { equals: ['code', 0] },
          payload: 'data',
          fields: { subject: ['open_id'], displayName: ['name'], avatarUrl: ['avatar_url'] },
        },
        errors,
      },
    },
  } as const satisfies ProviderContract;
}

export const feishu = defineProvider(feishuContract('feishu', { en: 'Feishu', zh: '飞书' }, 'feishu.cn'));
export const lark = defineProvider(feishuContract('lark', { en: 'Lark', zh: 'Lark' }, 'larksuite.com'));
