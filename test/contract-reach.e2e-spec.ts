import { describe, expect, it } from '@jest/globals';
import { createVerify, generateKeyPairSync } from 'node:crypto';
import {
  type ConfiguredProvider,
  type HttpPort,
  type HttpReply,
  type HttpRequest,
  memoryStore,
  Secret,
} from 'nestjs-oauth-providers';
import { alipay } from './contracts/alipay.js';
import { dingtalk } from './contracts/dingtalk.js';
import { douyin } from './contracts/douyin.js';
import { feishu, lark } from './contracts/feishu.js';
import { qq } from './contracts/qq.js';
import { wechat } from './contracts/wechat.js';
import { Browser, locationOf } from './support/browser.js';
import { startRoutedApp, type TestUser } from './support/routed-app.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const now = Date.parse('2026-11-20T16:30:00Z');

/** One platform: what its endpoints answer, and what is looked at of a login there. */
interface Platform {
  readonly provider: ConfiguredProvider;
  readonly answers: Readonly<Record<string, unknown>>;
  /** Name under which the code comes back. */
  readonly code: string;
  readonly start: RegExp;
  readonly user: { subject: string; displayName: string };
}

const platforms: readonly Platform[] = [
  {
    provider: wechat({ appId: 'wx1', secret: 's-wechat' }),
    code: 'code',
    start: /^https:\/\/open\.weixin\.qq\.com\/connect\/qrconnect\?appid=wx1&.*#wechat_redirect$/,
    answers: {
      '/sns/oauth2/access_token': {
        access_token: 'a',
        expires_in: 7200,
        refresh_token: 'r',
        openid: 'o1',
        scope: 'snsapi_login',
      },
      '/sns/userinfo': { openid: 'o1', nickname: '微信用户', headimgurl: 'https://a.example/1' },
    },
    user: { subject: 'o1', displayName: '微信用户' },
  },
  {
    provider: qq({ appId: '101', appKey: 's-qq' }),
    code: 'code',
    start: /^https:\/\/graph\.qq\.com\/oauth2\.0\/authorize\?response_type=code&client_id=101&/,
    answers: {
      '/oauth2.0/token': { access_token: 'a', expires_in: '7776000', refresh_token: 'r' },
      '/oauth2.0/me': 'callback( {"client_id":"101","openid":"q1"} );\n',
      '/user/get_user_info': { ret: 0, msg: '', nickname: 'QQ用户' },
    },
    user: { subject: 'q1', displayName: 'QQ用户' },
  },
  {
    provider: douyin({ clientKey: 'dy', clientSecret: 's-douyin' }),
    code: 'code',
    start: /^https:\/\/open\.douyin\.com\/platform\/oauth\/connect\/\?client_key=dy&/,
    answers: {
      '/oauth/access_token/': {
        message: 'success',
        data: {
          error_code: 0,
          access_token: 'a',
          open_id: 'd1',
          expires_in: 1296000,
          refresh_token: 'r',
          scope: 'user_info',
        },
      },
      '/oauth/userinfo/': {
        message: 'success',
        data: { error_code: 0, open_id: 'd1', nickname: '抖音用户', avatar: '' },
      },
    },
    user: { subject: 'd1', displayName: '抖音用户' },
  },
  {
    provider: alipay({
      appId: '2021',
      signingKey: {
        privateKey: new Secret(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
        algorithm: 'RS256',
      },
    }),
    code: 'auth_code',
    start: /^https:\/\/openauth\.alipay\.com\/oauth2\/publicAppAuthorize\.htm\?app_id=2021&/,
    answers: {
      'alipay.system.oauth.token': {
        alipay_system_oauth_token_response: {
          access_token: 'a',
          expires_in: '1296000',
          refresh_token: 'r',
          re_expires_in: 2592000,
          user_id: '2088',
        },
        sign: 's',
      },
      'alipay.user.info.share': {
        alipay_user_info_share_response: {
          code: '10000',
          msg: 'Success',
          user_id: '2088',
          nick_name: '支付宝用户',
        },
        sign: 's',
      },
    },
    user: { subject: '2088', displayName: '支付宝用户' },
  },
  {
    provider: dingtalk({ clientId: 'ding', clientSecret: 's-ding' }),
    code: 'authCode',
    start: /^https:\/\/login\.dingtalk\.com\/oauth2\/auth\?.*prompt=consent/,
    answers: {
      '/v1.0/oauth2/userAccessToken': { accessToken: 'a', refreshToken: 'r', expireIn: 7200 },
      '/v1.0/contact/users/me': { nick: '钉钉用户', unionId: 'u1', openId: 'x' },
    },
    user: { subject: 'u1', displayName: '钉钉用户' },
  },
  ...[feishu, lark].map((define): Platform => ({
    provider: define({ appId: 'cli', appSecret: 's-feishu' }),
    code: 'code',
    start:
      /^https:\/\/accounts\.(feishu\.cn|larksuite\.com)\/open-apis\/authen\/v1\/authorize\?.*code_challenge_method=S256/,
    answers: {
      '/open-apis/authen/v2/oauth/token': {
        code: 0,
        access_token: 'a',
        expires_in: 7200,
        refresh_token: 'r',
        refresh_token_expires_in: 604800,
        token_type: 'Bearer',
        scope: 'offline_access',
      },
      '/open-apis/authen/v1/user_info': {
        code: 0,
        msg: 'success',
        data: { open_id: 'f1', name: '飞书用户' },
      },
    },
    user: { subject: 'f1', displayName: '飞书用户' },
  })),
];

/** Answers from a table and keeps what was asked. */
class TableHttp implements HttpPort {
  readonly sent: HttpRequest[] = [];

  constructor(private readonly answers: Readonly<Record<string, unknown>>) {}

  send(request: HttpRequest): Promise<HttpReply> {
    this.sent.push(request);
    const method = new URLSearchParams(String(request.body ?? '')).get('method');
    const answer = this.answers[method ?? new URL(request.url).pathname];
    const body = Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer));
    return Promise.resolve({ status: answer === undefined ? 404 : 200, headers: {}, body });
  }
}

describe('the six contracts that bend the vocabulary most', () => {
  it.each(platforms.map((platform) => [platform.provider.name, platform] as const))(
    'signs in with %s without a word of protocol code of its own',
    async (name, platform) => {
      const http = new TableHttp(platform.answers);
      const clock = { now: () => now };
      const routed = await startRoutedApp(() => [platform.provider], { http, clock, store: memoryStore() });
      try {
        const browser = new Browser();
        const location = locationOf(await browser.visit(`${routed.url}/auth/${name}`));
        expect(location).toMatch(platform.start);
        const state = new URL(location).searchParams.get('state') ?? '';
        const query = new URLSearchParams({ [platform.code]: 'the-code', state }).toString();
        const done = await browser.visit(`${routed.url}/auth/${name}/callback?${query}`, {
          headers: { accept: 'application/json' },
        });
        expect(done.status).toBe(200);
        expect((JSON.parse(done.text) as { user: TestUser }).user).toMatchObject({
          provider: name,
          ...platform.user,
        });
        expect(http.sent.map(({ url, body }) => `${url} ${String(body)}`).join('\n')).toContain('the-code');
      } finally {
        await routed.app.close();
      }
    },
  );

  it('signs what it sends to Alipay', async () => {
    const platform = platforms.find(({ provider: { name } }) => name === 'alipay');
    const http = new TableHttp(platform?.answers ?? {});
    const routed = await startRoutedApp(() => [platform?.provider as ConfiguredProvider], {
      http,
      clock: { now: () => now },
    });
    const browser = new Browser();
    const state =
      new URL(locationOf(await browser.visit(`${routed.url}/auth/alipay`))).searchParams.get('state') ?? '';
    await browser.visit(`${routed.url}/auth/alipay/callback?auth_code=c&state=${state}`);
    await routed.app.close();
    expect(http.sent).toHaveLength(2);
    for (const { body } of http.sent) {
      const params = new URLSearchParams(String(body));
      const sign = params.get('sign') ?? '';
      params.delete('sign');
      const text = [...params]
        .sort()
        .map(([key, value]) => `${key}=${value}`)
        .join('&');
      expect(params.get('timestamp')).toBe('2026-11-21 00:30:00');
      expect(createVerify('RSA-SHA256').update(text).verify(publicKey, sign, 'base64')).toBe(true);
    }
  });
});
