import { type ErrorRule, input } from '../core/contract.js';
import { shippedProvider } from '../core/define-provider.js';

const errors: readonly ErrorRule[] = [
  { code: 'A107P009', class: 'invalid_grant' },
  { code: 'A107P012', class: 'invalid_grant' },
  { code: 'A107P006', class: 'invalid_token' },
  { code: ['A107P005', 'A107P007', 'A107P010'], class: 'invalid_client' },
  { code: 'A107P011', class: 'insufficient_scope' },
  { code: 'A107B013', class: 'invalid_grant' },
  { code: 'A107P*', class: 'invalid_request' },
];

/**
 * AnyWeb (Conflux wallet), `https://api.anyweb.cc`.
 *
 * Sources: "获取 AccessToken" (2022-03), its later revisions, and "UserInfo". The reply changed over the
 * years: `expiresIn` was a stamp (and there was no refresh token), then seconds, and is now called `expire`.
 * The code comes from the wallet's script in the page; there is no authorization URL.
 */
export const anyweb = shippedProvider({
  name: 'anyweb',
  title: { en: 'AnyWeb', zh: 'AnyWeb' },
  credentials: { id: 'appId', secret: 'secret' },
  defaultScope: ['baseInfo'],
  subjectFrom: 'tokens',
  // Whether the old refresh token dies is not documented; a new one comes each time.
  renewal: { policy: 'rotate-or-keep' },
  // "每天 2000 次"; whose midnight is not said, so the platform's own is assumed.
  quotas: [{ operations: ['exchange'], limit: 2000, window: { dayIn: 'Asia/Shanghai' } }],
  login: {
    kind: 'handoff',
    bridge: 'anyweb',
    // Conflux main net.
    bridgeParams: { availableNetwork: [1029] },
    frames: ['https://app.anyweb.cc', 'https://global.app.anyweb.cc'],
    scopeSeparator: ',',
    codeLifetime: 300,
  },
  operations: {
    exchange: {
      request: {
        method: 'POST',
        url: 'https://api.anyweb.cc/oauth/accessToken',
        encoding: 'json',
        params: { appid: input('clientId'), secret: input('clientSecret'), code: input('code') },
      },
      reply: {
        decode: 'json',
        success: { equals: ['code', 1000] },
        payload: 'data',
        fields: {
          accessToken: ['accessToken'],
          expires: [
            { path: 'expire', unit: 'seconds' },
            { path: 'expiresIn', unit: 'seconds-or-stamp' },
          ],
          defaultLifetime: 7200,
          refreshToken: ['refreshToken'],
          refreshExpires: [
            { path: 'refreshExpire', unit: 'seconds' },
            { path: 'refreshExpiresIn', unit: 'seconds-or-stamp' },
          ],
          scope: { path: 'scope', separator: ',' },
          subject: ['unionid'],
        },
        error: { code: ['code'], message: ['message'] },
      },
      errors,
    },
    refresh: {
      request: {
        method: 'POST',
        // The official page also shows /oauth/refreshToken; the one production client known uses this.
        url: 'https://api.anyweb.cc/open/refreshToken',
        encoding: 'json',
        params: { refreshToken: input('refreshToken') },
      },
      reply: {
        decode: 'json',
        success: { all: [{ equals: ['code', 1000] }, { present: 'data.token' }] },
        payload: 'data',
        fields: {
          accessToken: ['token'],
          expires: [{ path: 'expire', unit: 'seconds' }],
          defaultLifetime: 7200,
          refreshToken: ['refreshToken'],
          refreshExpires: [{ path: 'refreshExpire', unit: 'seconds' }],
        },
        error: { code: ['code'], message: ['message'] },
      },
      errors,
    },
    appToken: {
      request: {
        method: 'POST',
        url: 'https://api.anyweb.cc/service/serviceToken',
        encoding: 'json',
        params: { appid: input('clientId'), secret: input('clientSecret') },
      },
      reply: {
        decode: 'json',
        success: { all: [{ equals: ['code', 1000] }, { present: 'data.serviceToken' }] },
        payload: 'data',
        fields: {
          accessToken: ['serviceToken'],
          expires: [{ path: 'expiresIn', unit: 'seconds' }],
          defaultLifetime: 7200,
        },
        error: { code: ['code'], message: ['message'] },
      },
      errors: [
        { code: ['A108P004', 'A108P005'], class: 'invalid_client' },
        { code: 'A108P001', class: 'invalid_token' },
        { code: 'A108P006', class: 'insufficient_scope' },
        { code: 'A108P*', class: 'invalid_request' },
        { code: 'A108B*', class: 'transient' },
      ],
    },
    profile: {
      request: {
        method: 'POST',
        url: 'https://api.anyweb.cc/oauth/userInfo',
        encoding: 'json',
        params: {
          appid: input('clientId'),
          secret: input('clientSecret'),
          accessToken: input('accessToken'),
          unionid: input('subject'),
          // Identity data is billed per call, so it is never asked for here.
          scopes: ['baseInfo'],
        },
      },
      reply: {
        decode: 'json',
        success: { all: [{ equals: ['code', 1000] }, { present: 'data.unionid' }] },
        payload: 'data',
        fields: { subject: ['unionid'], displayName: ['nickName'], avatarUrl: ['headImg'] },
        error: { code: ['code'], message: ['message'] },
      },
      errors,
    },
  },
});
