import { type ErrorRule, input, optionalInput, type TokenFields } from '../core/contract.js';
import { shippedProvider } from '../core/define-provider.js';

/** The token endpoint's pairs of `error` and `sub_error` (Account Kit REST API, common error codes). */
const tokenErrors: readonly ErrorRule[] = [
  { code: ['1101', '1203'], subCode: ['12304', '12303'], class: 'invalid_client' },
  { code: '1101', subCode: ['20002', '20003', '20085', '20171', '20172'], class: 'invalid_client' },
  { code: '1101', subCode: ['20022', '20023', '20024'], class: 'invalid_client' },
  { code: '1101', subCode: '20154', class: 'invalid_client' },
  { code: '1101', subCode: ['20155', '20156', '20158'], class: 'invalid_grant' },
  { code: '1103', subCode: '20153', class: 'invalid_grant' },
  { code: '1101', subCode: '20192', class: 'invalid_grant' },
  { code: '1102', subCode: '20191', class: 'invalid_grant' },
  { code: '1203', subCode: ['11205', '31202', '31204', '31218'], class: 'invalid_grant' },
  { code: '1101', subCode: ['20041', '20042', '20152', '20182'], class: 'invalid_request' },
  { code: '1102', subCode: ['20001', '20151', '20181'], class: 'invalid_request' },
  { code: '1203', subCode: '100502', class: 'invalid_client' },
  { code: '1203', subCode: ['500', '100300'], class: 'transient' },
  { status: 503, class: 'throttled' },
  { status: [403, 404, 405], class: 'invalid_client' },
];

/** `NSP_STATUS` of the `rest.php` services: HTTP 200, and the header is absent on success. */
const restErrors: readonly ErrorRule[] = [
  { code: ['6', '102', '31204'], class: 'invalid_token' },
  { code: ['105', '70001201'], class: 'invalid_request' },
  { code: '403', class: 'insufficient_scope' },
  { code: ['503', '1302'], class: 'throttled' },
  { code: ['1', '500', '501', '70001401', '70001402', '70020002'], class: 'transient' },
];

const tokenUrl = 'https://oauth-login.cloud.huawei.com/oauth2/v3/token';

const tokenReply = {
  decode: 'json',
  success: { all: [{ present: 'access_token' }, { absent: 'error' }] },
  error: { code: ['error'], subCode: ['sub_error'], message: ['error_description'] },
} as const;

const tokens: TokenFields = {
  accessToken: ['access_token'],
  tokenType: ['token_type'],
  expires: [{ path: 'expires_in', unit: 'seconds' }],
  defaultLifetime: 3600,
  refreshToken: ['refresh_token'],
  idToken: ['id_token'],
  scope: { path: 'scope', separator: ' ' },
};

/**
 * 华为帐号 (HUAWEI Account Kit), OAuth 2 v3 with OpenID Connect.
 *
 * Sources: "Web应用怎样获取Access Token？", Account Kit REST API (token, user info, public keys, discovery).
 * The issuer is `https://accounts.huawei.com`, although discovery, keys and tokens are on another host; keys
 * roll daily and yesterday's are still served; the key set claims RS256 for keys that sign PS256 too.
 */
export const huawei = shippedProvider({
  name: 'huawei',
  title: { en: 'HUAWEI ID', zh: '华为帐号' },
  credentials: { id: 'clientId', secret: 'clientSecret' },
  defaultScope: ['openid', 'profile'],
  subjectFrom: 'idToken',
  // A refresh brings no refresh token: the one there is lives 180 days from its issue.
  renewal: { policy: 'keep' },
  quotas: [{ operations: ['appToken'], limit: 1000, window: { seconds: 300 } }],
  login: {
    kind: 'redirect',
    authorizationUrl: 'https://oauth-login.cloud.huawei.com/oauth2/v3/authorize',
    params: {
      response_type: 'code',
      client_id: input('clientId'),
      redirect_uri: input('redirectUri'),
      scope: input('scope'),
      state: input('state'),
      // Without it there is no refresh token.
      access_type: 'offline',
      nonce: input('nonce'),
      code_challenge: optionalInput('codeChallenge'),
      code_challenge_method: optionalInput('codeChallengeMethod'),
    },
    scopeSeparator: ' ',
    pkce: 'S256',
    responseMode: 'query',
    callback: {
      code: ['code'],
      // The alphabet of its codes is [0-9a-zA-Z=/\+]: a blank can only be a plus that was decoded twice.
      repairCode: 'space-to-plus',
      error: { code: ['error'], message: ['error_description'] },
      // 1107 arrives in the fragment, access_denied in the query; both are documented.
      errors: [{ code: ['1107', 'access_denied'], class: 'access_denied' }],
    },
    codeLifetime: 300,
  },
  idToken: {
    issuer: 'https://accounts.huawei.com',
    jwksUrl: 'https://oauth-login.cloud.huawei.com/oauth2/v3/certs',
    algorithms: ['RS256', 'PS256'],
    // Documented for the native SDK only; PKCE and state carry the binding on the web.
    nonce: 'if-present',
    scope: 'openid',
    jwksMaxAge: 86_400,
    displayName: ['display_name', 'nickname'],
    avatarUrl: ['picture'],
  },
  operations: {
    exchange: {
      request: {
        method: 'POST',
        url: tokenUrl,
        encoding: 'form',
        params: {
          grant_type: 'authorization_code',
          code: input('code'),
          client_id: input('clientId'),
          client_secret: input('clientSecret'),
          redirect_uri: input('redirectUri'),
          code_verifier: optionalInput('codeVerifier'),
          supportAlg: 'PS256',
        },
      },
      reply: { ...tokenReply, fields: tokens },
      errors: tokenErrors,
    },
    refresh: {
      request: {
        method: 'POST',
        url: tokenUrl,
        encoding: 'form',
        params: {
          grant_type: 'refresh_token',
          client_id: input('clientId'),
          client_secret: input('clientSecret'),
          refresh_token: input('refreshToken'),
          supportAlg: 'PS256',
        },
      },
      reply: { ...tokenReply, fields: tokens },
      errors: tokenErrors,
    },
    appToken: {
      request: {
        method: 'POST',
        url: tokenUrl,
        encoding: 'form',
        params: {
          grant_type: 'client_credentials',
          client_id: input('clientId'),
          client_secret: input('clientSecret'),
        },
      },
      reply: { ...tokenReply, fields: tokens },
      errors: tokenErrors,
    },
    introspect: {
      request: {
        method: 'POST',
        url: 'https://oauth-api.cloud.huawei.com/rest.php?nsp_fmt=JSON&nsp_svc=huawei.oauth2.user.getTokenInfo',
        encoding: 'form',
        params: { access_token: input('token'), open_id: 'OPENID' },
      },
      reply: {
        // JSON under the content type text/plain.
        decode: 'json',
        success: { all: [{ absent: 'header:NSP_STATUS' }, { absent: 'error' }, { present: 'client_id' }] },
        nothing: {
          any: [
            { equals: ['header:NSP_STATUS', 6] },
            { equals: ['header:NSP_STATUS', 102] },
            { equals: ['header:NSP_STATUS', 31204] },
          ],
        },
        fields: {
          expires: [{ path: 'expire_in', unit: 'seconds' }],
          subject: ['union_id'],
          clientId: ['client_id'],
          scope: { path: 'scope', separator: ' ' },
        },
        error: { code: ['header:NSP_STATUS'], message: ['error'] },
      },
      errors: restErrors,
    },
    revoke: {
      request: {
        method: 'POST',
        url: 'https://oauth-login.cloud.huawei.com/oauth2/v3/revoke',
        encoding: 'form',
        // No client authentication; access and refresh token end together.
        params: { token: input('token') },
      },
      reply: {
        decode: 'json',
        success: { absent: 'error' },
        fields: {},
        error: { code: ['error'], subCode: ['sub_error'], message: ['error_description'] },
      },
      errors: [
        { code: '1203', subCode: ['11205', '31204'], class: 'invalid_token' },
        {
          code: ['1101', '1102', '1203'],
          subCode: ['20222', '20221', '17009', '17010', '31202', '31218'],
          class: 'invalid_request',
        },
        { code: '1203', subCode: '500', class: 'transient' },
      ],
    },
    profile: {
      request: {
        method: 'POST',
        url: 'https://account.cloud.huawei.com/rest.php?nsp_svc=GOpen.User.getInfo',
        encoding: 'form',
        params: { access_token: input('accessToken'), getNickName: '1' },
      },
      reply: {
        decode: 'json',
        success: { all: [{ absent: 'header:NSP_STATUS' }, { absent: 'error' }, { present: 'unionID' }] },
        fields: { subject: ['unionID'], displayName: ['displayName'], avatarUrl: ['headPictureURL'] },
        error: { code: ['header:NSP_STATUS'], message: ['error'] },
      },
      errors: restErrors,
    },
  },
});
