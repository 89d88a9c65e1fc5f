import { describe, expect, it } from '@jest/globals';
import { holdAnswer } from './support/held-answer.js';
import { useStage } from './support/stage.js';
import { type Visitor } from './support/visitor.js';

const stage = useStage();
const hostile = `<script>alert(1)</script> "Mallory" & 'Co'`;

/** Chooses a provider on the login page and consents. */
async function signIn(visitor: Visitor, provider: string, as = '张伟'): Promise<void> {
  await visitor.follow(provider);
  if (/AnyWeb|Yuanzhibang/.test(provider)) await visitor.consentInFrame({ as });
  else await visitor.consent({ as });
  await visitor.expectHeading(as);
}

describe('signing in', () => {
  it.each([
    ['WPS 365', 'wps', 'Alice Müller'],
    ['HUAWEI ID', 'huawei', '欧阳静怡 🌸'],
    ['AnyWeb', 'anyweb', '欧阳静怡 🌸'],
    ['Yuanzhibang', 'yuanzhibang', 'Alice Müller'],
  ])('with %s leads to the account, and the button leads out of it', async (title, provider, name) => {
    const visitor = await stage().visitor();
    await visitor.goTo('/');
    await visitor.expectHeading('Sign in');
    await signIn(visitor, title, name);
    expect(visitor.address()).toBe('/');
    expect(await visitor.accounts()).toEqual([{ provider, displayName: name }]);
    await visitor.expectText(`Signed in with ${title}`);

    await visitor.press('Sign out');
    await visitor.expectHeading('Sign in');
    expect(visitor.address()).toBe('/');
    expect(await visitor.accounts()).toEqual([]);
  });

  it('works in Chinese, on a phone', async () => {
    const visitor = await stage().visitor({ language: 'zh', device: 'phone' });
    await visitor.goTo('/');
    await visitor.expectHeading('登录');
    await signIn(visitor, '华为帐号');
    await visitor.expectText('已通过华为帐号登录');
    await visitor.press('退出登录');
    await visitor.expectHeading('登录');
  });

  it('works with nothing but a keyboard', async () => {
    const visitor = await stage().visitor();
    const { keyboard } = visitor.page;
    await visitor.goTo('/');
    await tabTo(visitor, /WPS 365/);
    await keyboard.press('Enter');
    await visitor.page.waitForURL(`${stage().site.emulator.url}/**`);
    await tabTo(visitor, /张伟/);
    await keyboard.press('ArrowDown');
    await tabTo(visitor, /Approve/);
    await keyboard.press('Enter');
    await visitor.expectHeading('欧阳静怡 🌸');
    await tabTo(visitor, /^Sign out$/);
    await keyboard.press('Enter');
    await visitor.expectHeading('Sign in');
  });

  it('works with nothing but a keyboard in the frame of a platform’s script', async () => {
    const visitor = await stage().visitor();
    await visitor.goTo('/auth/yuanzhibang');
    await visitor.overlay().getByRole('button', { name: 'Approve' }).waitFor();
    await tabToButton(visitor, 'approve');
    await visitor.page.keyboard.press('Enter');
    await visitor.expectHeading('张伟');
  });

  it('a second time replaces the first', async () => {
    const visitor = await stage().visitor();
    await visitor.goTo('/');
    await signIn(visitor, 'WPS 365');
    await visitor.goTo('/auth/huawei');
    await visitor.consent({ as: 'Alice Müller' });
    await visitor.expectHeading('Alice Müller');
    expect(await visitor.accounts()).toEqual([{ provider: 'huawei', displayName: 'Alice Müller' }]);
    await visitor.goTo('/auth/anyweb');
    await visitor.consentInFrame();
    await visitor.expectHeading('张伟');
    expect(await visitor.accounts()).toEqual([{ provider: 'anyweb', displayName: '张伟' }]);
  });

  it('in two tabs of one browser at the same time: both come through', async () => {
    const visitor = await stage().visitor();
    const second = await visitor.context.newPage();
    await visitor.goTo('/auth/wps');
    await second.goto(`${visitor.site}/auth/wps?returnTo=%2F%3Ftab%3D2`);
    await visitor.consent();
    await visitor.expectHeading('张伟');
    await second.getByRole('button', { name: 'Approve' }).click();
    await second.waitForURL(`${visitor.site}/?tab=2`);
    expect(await visitor.accounts()).toHaveLength(1);
  });

  it.each(['WPS 365', 'AnyWeb'])('with %s ends where the visitor wanted to go', async (title) => {
    const visitor = await stage().visitor();
    await visitor.goTo('/?returnTo=%2F%3Ffrom%3Dlink%26n%3D1');
    await signIn(visitor, title);
    expect(visitor.address()).toBe('/?from=link&n=1');
  });

  it.each(['https://elsewhere.example/', '//elsewhere.example', '/\\elsewhere.example'])(
    'never ends elsewhere: %s',
    async (target) => {
      const visitor = await stage().visitor();
      await visitor.goTo(`/?${new URLSearchParams({ returnTo: target }).toString()}`);
      await signIn(visitor, 'WPS 365');
      expect(visitor.address()).toBe('/');
    },
  );

  it.each(['WPS 365', 'HUAWEI ID', 'AnyWeb', 'Yuanzhibang'])(
    'shows a hostile name of %s as text',
    async (title) => {
      const visitor = await stage().visitor();
      await visitor.goTo('/');
      await signIn(visitor, title, hostile);
      expect(await visitor.page.getByRole('heading', { level: 1 }).innerText()).toBe(hostile);
      expect(await visitor.ask('document.scripts.length')).toBe(0);
    },
  );

  it('leaves no cookie that a script could read', async () => {
    const visitor = await stage().visitor();
    await visitor.goTo('/auth/anyweb');
    await visitor.overlay().getByRole('button', { name: 'Approve' }).waitFor();
    expect(await visitor.ask('document.cookie')).toBe('');
    await visitor.consentInFrame();
    await visitor.expectHeading('张伟');
    expect(await visitor.ask('document.cookie')).toBe('');
    const cookies = await visitor.context.cookies(visitor.site);
    expect(cookies).toEqual([expect.objectContaining({ httpOnly: true, sameSite: 'Lax', path: '/' })]);
    expect(await visitor.ask('localStorage.length + sessionStorage.length')).toBe(0);
  });

  it('keeps nobody signed in whose cookie is gone', async () => {
    const visitor = await stage().visitor();
    await visitor.goTo('/');
    await signIn(visitor, 'WPS 365');
    await visitor.context.clearCookies();
    await visitor.page.reload();
    await visitor.expectHeading('Sign in');
  });
});

describe('an answer posted as a form from the platform’s own site', () => {
  it('arrives without the attempt’s cookie, is asked for once more, and signs in', async () => {
    const visitor = await stage().visitor();
    const { emulator } = stage().site;
    const methods: string[] = [];
    visitor.context.on('request', (request) => {
      if (request.url().startsWith(`${visitor.site}/auth/wps/callback`)) methods.push(request.method());
    });
    // The emulator redirects; a platform that speaks form_post shows a form of its own origin instead.
    await holdAnswer(
      visitor,
      `${emulator.url}/oauth2/auth`,
      ({ search }) => `<a href="http://platform.test/${search}">on</a>`,
    );
    await visitor.context.route('http://platform.test/**', (route) => {
      const fields = [...new URL(route.request().url()).searchParams].map(
        ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
      );
      const action = `${visitor.site}/auth/wps/callback`;
      const body = `<form method="post" action="${action}">${fields.join('')}<button>on</button></form>`;
      return route.fulfill({ contentType: 'text/html', body });
    });

    await visitor.goTo('/');
    await visitor.follow('WPS 365');
    await visitor.consent();
    await visitor.follow('on');
    await visitor.press('on');
    await visitor.expectHeading('张伟');
    expect(visitor.address()).toBe('/');
    expect(methods).toEqual(['POST', 'GET']);
  });
});

/** Presses Tab until the focus, visibly, is on what has this name. */
async function tabTo(visitor: Visitor, name: RegExp): Promise<void> {
  const passed: string[] = [];
  while (passed.length < 12) {
    await visitor.page.keyboard.press('Tab');
    const text = await visitor.ask<string>(
      `(document.activeElement.closest('label') ?? document.activeElement).innerText.trim().replace(/\\s+/g, ' ')`,
    );
    if (name.test(text)) return;
    passed.push(text);
  }
  throw new Error(`${String(name)} is not among ${passed.join(', ')}`);
}

/** Presses Tab until the button in the frame has the focus, waiting each time for the focus to have moved. */
async function tabToButton(visitor: Visitor, value: string): Promise<void> {
  const inFrame = (expression: string): Promise<unknown> =>
    visitor.overlay().locator('body').evaluate(expression);
  const focused = 'document.hasFocus() + document.activeElement.outerHTML';
  const whereabouts = async (): Promise<unknown[]> => [await visitor.ask(focused), await inFrame(focused)];
  for (let presses = 0; presses < 12; presses += 1) {
    if (await inFrame(`document.hasFocus() && document.activeElement.value === '${value}'`)) return;
    const before = String(await whereabouts());
    await visitor.page.keyboard.press('Tab');
    while (String(await whereabouts()) === before);
  }
  throw new Error('the button in the frame is not reached with Tab');
}
