import { exchangePaths, type Site } from '../../support/site.js';
import { type Language, type Visitor } from './visitor.js';

/** What the sample calls things, by language. */
export const words = {
  en: {
    wps: 'WPS 365',
    huawei: 'HUAWEI ID',
    anyweb: 'AnyWeb',
    yuanzhibang: 'Yuanzhibang',
    signIn: 'Sign in',
    cancelled: 'Sign-in was cancelled',
    notCompleted: 'Sign-in was not completed',
    stale: 'This sign-in cannot be continued',
    expired: 'The authorization has expired',
    unreachable: 'The platform cannot be reached',
    misconfigured: 'Sign-in is not set up correctly',
    refused: 'The platform refused the sign-in',
    throttled: 'Too many sign-ins right now',
    incomplete: 'The sign-in could not be completed',
    waiting: 'Waiting for Yuanzhibang…',
    outside: 'Open this page inside the Yuanzhibang app to sign in.',
    signInWith: (name: string) => `Sign in with ${name}`,
    missing: 'This page does not exist',
    wrongMethod: 'This address cannot be opened like this',
  },
  zh: {
    wps: 'WPS 365',
    huawei: '华为帐号',
    anyweb: 'AnyWeb',
    yuanzhibang: '猿之棒',
    signIn: '登录',
    cancelled: '已取消登录',
    notCompleted: '登录未完成',
    stale: '无法继续本次登录',
    expired: '授权已失效',
    unreachable: '暂时无法连接平台',
    misconfigured: '登录配置有误',
    refused: '平台拒绝了本次登录',
    throttled: '当前登录过于频繁',
    incomplete: '登录未能完成',
    waiting: '正在等待猿之棒…',
    outside: '请在猿之棒客户端内打开本页面进行登录。',
    signInWith: (name: string) => (/^\w/.test(name) ? `使用 ${name} 登录` : `使用${name}登录`),
    missing: '页面不存在',
    wrongMethod: '无法以这种方式访问',
  },
} as const;

/** How a visitor comes to see a page. */
type Way = (visitor: Visitor, site: Site, text: (typeof words)[Language]) => Promise<void>;

async function failExchange(visitor: Visitor, site: Site, status: number, body: object): Promise<void> {
  const fault = { kind: 'json', status, body } as const;
  site.emulator.addFault({ provider: 'huawei', path: exchangePaths.huawei, times: 1, fault });
  await visitor.goTo('/auth/huawei');
  await visitor.consent();
}

async function serveSdk(visitor: Visitor, body: string): Promise<void> {
  await visitor.context.route('**/__emulator/sdk/yuanzhibang.js', (route) =>
    route.fulfill({ contentType: 'text/javascript', body }),
  );
}

/** Every page of the sample, by the name of its pictures. */
export const catalogue: Readonly<Record<string, Way>> = {
  login: async (visitor, _site, text) => {
    await visitor.goTo('/');
    await visitor.expectHeading(text.signIn);
  },
  account: async (visitor) => {
    await visitor.goTo('/auth/wps');
    await visitor.consent({ as: '欧阳静怡 🌸' });
    await visitor.expectHeading('欧阳静怡 🌸');
  },
  'account-without-picture': async (visitor) => {
    await visitor.goTo('/auth/huawei');
    await visitor.consent({ as: 'Alice Müller' });
    await visitor.expectHeading('Alice Müller');
  },
  'account-with-hostile-name': async (visitor) => {
    await visitor.goTo('/auth/yuanzhibang');
    await visitor.consentInFrame({ as: /Mallory/ });
    await visitor.expectHeading(`<script>alert(1)</script> "Mallory" & 'Co'`);
  },
  denied: async (visitor, _site, text) => {
    visitor.watch.announce(403);
    await visitor.goTo('/auth/wps');
    await visitor.consent({ decision: 'deny' });
    await visitor.expectHeading(text.cancelled);
  },
  'denied-in-fragment': async (visitor, _site, text) => {
    visitor.watch.announce(400);
    await visitor.goTo('/auth/huawei/callback#error=1107&error_description=access+denied');
    await visitor.expectHeading(text.cancelled);
  },
  relay: async (visitor, _site, text) => {
    await visitor.goTo('/auth/huawei/callback');
    await visitor.expectHeading(text.notCompleted);
  },
  stale: async (visitor, _site, text) => {
    visitor.watch.announce(400);
    await visitor.goTo('/auth/wps/callback?code=abc&state=made-up');
    await visitor.expectHeading(text.stale);
  },
  'grant-expired': async (visitor, site, text) => {
    visitor.watch.announce(400);
    await failExchange(visitor, site, 400, { error: 1101, sub_error: 20155, error_description: 'x' });
    await visitor.expectHeading(text.expired);
  },
  misconfigured: async (visitor, site, text) => {
    visitor.watch.announce(502);
    await failExchange(visitor, site, 400, { error: 1101, sub_error: 20085, error_description: 'x' });
    await visitor.expectHeading(text.misconfigured);
  },
  refused: async (visitor, site, text) => {
    visitor.watch.announce(502);
    await failExchange(visitor, site, 400, { error: 4711, sub_error: 815, error_description: 'x' });
    await visitor.expectHeading(text.refused);
  },
  throttled: async (visitor, site, text) => {
    visitor.watch.announce(503);
    await failExchange(visitor, site, 429, {});
    await visitor.expectHeading(text.throttled);
  },
  unreachable: async (visitor, site, text) => {
    visitor.watch.announce(502);
    await failExchange(visitor, site, 502, {});
    await visitor.expectHeading(text.unreachable);
  },
  'handoff-waiting': async (visitor, _site, text) => {
    await serveSdk(visitor, 'window.core = { requestAuthCode() {} };');
    await visitor.goTo('/auth/yuanzhibang');
    await visitor.expectText(text.waiting);
  },
  'handoff-cancelled': async (visitor, _site, text) => {
    await visitor.goTo('/auth/anyweb');
    await visitor.consentInFrame({ decision: 'deny' });
    await visitor.expectText(text.cancelled);
    await visitor.expectHeading(text.signInWith(text.anyweb));
  },
  'handoff-failed': async (visitor, _site, text) => {
    visitor.watch.announce(503);
    await visitor.context.route('**/attempts', (route) => route.fulfill({ status: 503 }));
    await visitor.goTo('/auth/yuanzhibang');
    await visitor.consentInFrame();
    await visitor.expectText(text.incomplete);
  },
  'handoff-elsewhere': async (visitor, _site, text) => {
    await serveSdk(visitor, '');
    await visitor.goTo('/auth/yuanzhibang');
    await visitor.expectText(text.outside);
  },
  'not-found': async (visitor, _site, text) => {
    visitor.watch.announce(404);
    await visitor.goTo('/nowhere');
    await visitor.expectHeading(text.missing);
  },
  'wrong-method': async (visitor, _site, text) => {
    visitor.watch.announce(405);
    await visitor.goTo('/auth/anyweb/callback');
    await visitor.expectHeading(text.wrongMethod);
  },
};
