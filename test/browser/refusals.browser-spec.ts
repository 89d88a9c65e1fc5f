import { describe, expect, it } from '@jest/globals';
import { exchangePaths } from '../support/site.js';
import { holdAnswer } from './support/held-answer.js';
import { useStage } from './support/stage.js';

const stage = useStage();
const back = 'Back to the sign-in page';

/** The authorization requests of the platforms that redirect. */
const authorizePaths = { wps: '/oauth2/auth', huawei: '/oauth2/v3/authorize' };

describe('saying no', () => {
  it('to WPS cancels the sign-in, and another try works', async () => {
    const visitor = await stage().visitor();
    visitor.watch.announce(403);
    await visitor.goTo('/');
    await visitor.follow('WPS 365');
    await visitor.consent({ decision: 'deny' });
    await visitor.expectHeading('Sign-in was cancelled');
    expect(await visitor.accounts()).toEqual([]);
    await visitor.follow(back);
    await visitor.follow('WPS 365');
    await visitor.consent();
    await visitor.expectHeading('张伟');
  });

  // The answer in the fragment names no attempt, so the page knows only what was answered and not by whom.
  it.each([
    ['fragment', 400],
    ['query', 403],
  ])('to Huawei, answered in the %s, cancels the sign-in', async (place, status) => {
    const visitor = await stage().visitor({ language: 'zh' });
    visitor.watch.announce(status);
    await visitor.goTo('/');
    await visitor.follow('华为帐号');
    await visitor.page.getByRole('combobox').selectOption(place);
    await visitor.consent({ decision: 'deny' });
    await visitor.expectHeading('已取消登录');
    expect(new URL(visitor.page.url()).hash).toBe('');
    expect(await visitor.accounts()).toEqual([]);
    await visitor.follow('返回登录页');
    await visitor.expectHeading('登录');
  });

  it('to Huawei in the fragment leaves no page behind that Back would fall into', async () => {
    const visitor = await stage().visitor();
    visitor.watch.announce(400);
    await visitor.goTo('/');
    await visitor.follow('HUAWEI ID');
    await visitor.page.getByRole('combobox').selectOption('fragment');
    await visitor.consent({ decision: 'deny' });
    await visitor.expectHeading('Sign-in was cancelled');
    await visitor.page.goBack();
    expect(visitor.page.url()).toContain(`${stage().site.emulator.url}${authorizePaths.huawei}`);
    await visitor.page.goBack();
    await visitor.expectHeading('Sign in');
    expect(visitor.address()).toBe('/');
  });

  it.each(['AnyWeb', 'Yuanzhibang'])('in the frame of %s can be thought over', async (title) => {
    const visitor = await stage().visitor();
    await visitor.goTo('/');
    await visitor.follow(title);
    for (let refusals = 0; refusals < 2; refusals += 1) {
      await visitor.consentInFrame({ decision: 'deny' });
      await visitor.expectText('Sign-in was cancelled');
      expect(await visitor.accounts()).toEqual([]);
      await visitor.press('Try again');
    }
    await visitor.consentInFrame({ as: 'Alice Müller' });
    await visitor.expectHeading('Alice Müller');
  });
});

describe('a sign-in that fails', () => {
  it('because its state is nobody’s says to start again', async () => {
    const visitor = await stage().visitor();
    visitor.watch.announce(400);
    await visitor.goTo('/auth/wps/callback?code=abc&state=made-up');
    await visitor.expectHeading('This sign-in cannot be continued');
    expect(stage().site.exchanges()).toBe(0);
    await visitor.follow(back);
    await visitor.expectHeading('Sign in');
  });

  it('because its cookie has expired says to start again', async () => {
    const visitor = await stage().visitor({ language: 'zh' });
    visitor.watch.announce(400);
    await visitor.goTo('/auth/huawei');
    await visitor.context.clearCookies();
    await visitor.consent();
    await visitor.expectHeading('无法继续本次登录');
    expect(stage().site.exchanges()).toBe(0);
  });

  it('because its answer was used already changes nothing for who is signed in', async () => {
    const visitor = await stage().visitor();
    visitor.watch.announce(400);
    const callback = visitor.page.waitForRequest(`${visitor.site}/auth/wps/callback*`);
    await visitor.goTo('/auth/wps');
    await visitor.consent();
    await visitor.expectHeading('张伟');
    await visitor.goTo((await callback).url());
    await visitor.expectHeading('This sign-in cannot be continued');
    expect(stage().site.exchanges()).toBe(1);
    await visitor.follow(back);
    await visitor.expectHeading('张伟');
  });

  it('because another browser began it signs nobody in', async () => {
    const attacker = await stage().visitor();
    const victim = await stage().visitor();
    victim.watch.announce(400);
    let stolen = '';
    await holdAnswer(attacker, `${stage().site.emulator.url}${authorizePaths.wps}`, (callback) => {
      stolen = callback.href;
      return '<h1>kept</h1>';
    });
    await attacker.goTo('/auth/wps');
    await attacker.consent();
    await attacker.expectHeading('kept');
    await victim.goTo(stolen);
    await victim.expectHeading('This sign-in cannot be continued');
    expect(await victim.accounts()).toEqual([]);
  });

  it.each([
    ['WPS 365', 'wps', 'The platform cannot be reached'],
    ['AnyWeb', 'anyweb', 'The platform cannot be reached'],
  ] as const)('because %s is down says so, and works once it is up', async (title, provider, heading) => {
    const visitor = await stage().visitor();
    visitor.watch.announce(502);
    const fault = { kind: 'html' } as const;
    stage().site.emulator.addFault({ provider, path: exchangePaths[provider], times: 1, fault });
    const consent = (): Promise<void> => (provider === 'wps' ? visitor.consent() : visitor.consentInFrame());
    await visitor.goTo('/');
    await visitor.follow(title);
    await consent();
    await visitor.expectHeading(heading);
    expect(await visitor.accounts()).toEqual([]);
    await visitor.follow(back);
    await visitor.follow(title);
    await consent();
    await visitor.expectHeading('张伟');
  });

  it('tells no page that is opened afterwards what the callback carried', async () => {
    const visitor = await stage().visitor();
    visitor.watch.announce(502);
    const fault = { kind: 'html' } as const;
    stage().site.emulator.addFault({ provider: 'wps', path: exchangePaths.wps, times: 1, fault });
    await visitor.goTo('/auth/wps');
    await visitor.consent();
    await visitor.expectHeading('The platform cannot be reached');
    expect(visitor.address()).toMatch(/[?&]code=/);
    const next = visitor.page.waitForRequest(`${visitor.site}/`);
    await visitor.follow(back);
    await visitor.expectHeading('Sign in');
    expect(await (await next).allHeaders()).not.toHaveProperty('referer');
    expect(await visitor.ask('document.referrer')).toBe('');
  });

  it('tells the platform’s server of the picture nothing either', async () => {
    const visitor = await stage().visitor();
    await visitor.goTo('/auth/wps');
    const picture = visitor.page.waitForRequest(/\/avatars\/wps\/[^/]+$/, { timeout: 20_000 });
    await visitor.page.getByRole('radio', { name: '欧阳' }).check();
    await visitor.consent();
    await visitor.expectHeading('欧阳静怡 🌸');
    expect(await (await picture).allHeaders()).not.toHaveProperty('referer');
  });
});

describe('a page that is not there', () => {
  it.each([
    ['/nowhere', 404, 'This page does not exist'],
    ['/auth/nobody', 404, 'This page does not exist'],
    ['/auth/anyweb/callback', 405, 'This address cannot be opened like this'],
  ])('%s answers %i and leads back', async (path, status, heading) => {
    const visitor = await stage().visitor();
    visitor.watch.announce(status);
    await visitor.goTo(path);
    await visitor.expectHeading(heading);
    await visitor.follow(back);
    await visitor.expectHeading('Sign in');
  });
});

describe('without JavaScript', () => {
  it('the redirect logins work from the first page to the last', async () => {
    const visitor = await stage().visitor({ script: false });
    await visitor.goTo('/');
    await visitor.follow('WPS 365');
    await visitor.consent();
    await visitor.expectHeading('张伟');
    await visitor.press('Sign out');
    await visitor.expectHeading('Sign in');
  });

  it.each([
    ['en', 'AnyWeb', 'This step needs JavaScript. Please switch it on and try again.', back],
    ['zh', '猿之棒', '此步骤需要 JavaScript，请启用后重试。', '返回登录页'],
  ] as const)('the page that needs it says so (%s)', async (language, title, sentence, link) => {
    const visitor = await stage().visitor({ language, script: false });
    await visitor.goTo('/');
    await visitor.follow(title);
    await visitor.expectText(sentence);
    expect(await visitor.page.getByRole('button').count()).toBe(0);
    await visitor.follow(link);
    await visitor.expectHeading(language === 'zh' ? '登录' : 'Sign in');
  });

  it('an answer in the fragment says that the sign-in was not completed', async () => {
    const visitor = await stage().visitor({ script: false });
    await visitor.goTo('/auth/huawei');
    await visitor.page.getByRole('combobox').selectOption('fragment');
    await visitor.consent({ decision: 'deny' });
    await visitor.expectHeading('Sign-in was not completed');
    await visitor.follow(back);
    await visitor.expectHeading('Sign in');
  });
});

describe('a platform’s script that is no help', () => {
  it('because it is not in its app is told where to open the page', async () => {
    const visitor = await stage().visitor();
    await visitor.context.route('**/__emulator/sdk/yuanzhibang.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: '' }),
    );
    await visitor.goTo('/auth/yuanzhibang');
    await visitor.expectText('Open this page inside the Yuanzhibang app to sign in.');
    await visitor.follow(back);
    await visitor.expectHeading('Sign in');
  });

  it('because it fails is not taken for a refusal', async () => {
    const visitor = await stage().visitor();
    const body = `window.AnyWeb = { Provider: class {
      request() { return Promise.reject(Object.assign(new Error('unknown app'), { code: 7000 })); }
    } };`;
    await visitor.context.route('**/__emulator/sdk/anyweb.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body }),
    );
    await visitor.goTo('/auth/anyweb');
    await visitor.expectText('The sign-in could not be completed');
  });

  it('because the attempt cannot be begun afterwards can be tried again', async () => {
    const visitor = await stage().visitor();
    visitor.watch.announce(503);
    await visitor.context.route('**/auth/yuanzhibang/attempts', (route) => route.fulfill({ status: 503 }), {
      times: 1,
    });
    await visitor.goTo('/auth/yuanzhibang');
    await visitor.consentInFrame();
    await visitor.expectText('The sign-in could not be completed');
    await visitor.press('Try again');
    await visitor.consentInFrame();
    await visitor.expectHeading('张伟');
  });
});
