import { runInNewContext, Script } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { errorClasses } from '../../core/errors.js';
import { clients } from '../../testing-support/clients.js';
import { type LoginProvider } from '../login-provider.js';
import { PublicUrl } from '../public-url.js';
import { assets } from './assets.js';
import { contentSecurityPolicy, defaultLayout, LoginPages } from './pages.js';
import { pageTexts, problemText, withProvider } from './texts.js';

const site = new PublicUrl('https://app.example.com/app');
const pages = new LoginPages(site, defaultLayout);
const evil = `<img src=x onerror=alert(1)>"'&`;
const problem = problemText('unknown', 'en');
const words = { cancelled: problemText('cancelled', 'en'), failed: problemText('transient', 'en') };

function handoffOf(change: Partial<LoginProvider['provider']> = {}): LoginProvider {
  return {
    provider: { ...clients.anyweb, ...change },
    callbackPath: '/auth/anyweb/callback',
    callbackUrl: 'https://app.example.com/app/auth/anyweb/callback',
    attemptsUrl: 'https://app.example.com/app/auth/anyweb/attempts',
  };
}

/** What the script of the handoff page reads, as a browser would unescape it. */
function configOf(html: string): Record<string, unknown> {
  const text = /data-config="([^"]*)"/.exec(html)?.[1] ?? '';
  const entities: Record<string, string> = {
    '&quot;': '"',
    '&#39;': "'",
    '&lt;': '<',
    '&gt;': '>',
    '&amp;': '&',
  };
  return JSON.parse(text.replace(/&(quot|#39|lt|gt|amp);/g, (entity) => entities[entity] ?? '')) as Record<
    string,
    unknown
  >;
}

describe('pages', () => {
  it('print what others wrote as text, never as markup', () => {
    const evilProvider = handoffOf({
      clientId: evil,
      contract: { ...clients.anyweb.contract, title: { en: evil, zh: evil } },
    });
    for (const { html } of [
      pages.problem('en', { title: evil, detail: evil }, evil),
      pages.relay('en', { title: evil, detail: evil }),
      pages.handoff('en', evilProvider, words, `/${evil}`),
    ]) {
      expect(html).not.toContain('<img');
      expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;');
    }
  });

  it('carry nothing inline: no script, no style, no handler', () => {
    for (const { html } of [
      pages.problem('zh', problem, '1101'),
      pages.relay('en', problem),
      pages.handoff('en', handoffOf(), words, '/files'),
    ]) {
      expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
      for (const [, attributes] of html.matchAll(/<script([^>]*)>/g)) expect(attributes).toContain(' src="');
      expect(html).toMatch(/<script[^>]*><\/script>|^(?![^]*<script)/);
      expect(html).toContain('<meta name="robots" content="noindex">');
    }
  });

  it('show the platform’s code only where there is one', () => {
    expect(pages.problem('en', problem, '1101 / 20155').html).toContain('Platform code: 1101 / 20155');
    expect(pages.problem('en', problem, undefined).html).not.toContain('Platform code');
  });

  it('lead home below the public URL, in the visitor’s language', () => {
    const { html } = pages.problem('zh', problemText('access_denied', 'zh'), undefined);
    expect(html).toContain('<html lang="zh-CN">');
    expect(html).toContain('已取消登录');
    expect(html).toContain('href="https://app.example.com/app/"');
    expect(html).toContain('href="https://app.example.com/app/_oauth/login.css"');
  });

  it('relay by a script of our own', () => {
    const { html, contentSecurityPolicy: policy } = pages.relay('en', problem);
    expect(html).toContain('<script src="https://app.example.com/app/_oauth/relay.js" defer>');
    expect(policy).toBe(contentSecurityPolicy({ secure: true }));
  });

  it('hand the script of a handoff all it needs, and no secret', () => {
    const { html } = pages.handoff('en', handoffOf(), words, '/files?a="b"&c=<d>');
    expect(configOf(html)).toEqual({
      bridge: 'anyweb',
      clientId: 'anyweb-app',
      scope: ['baseInfo'],
      params: { availableNetwork: [1029] },
      attemptsUrl: 'https://app.example.com/app/auth/anyweb/attempts',
      callbackUrl: 'https://app.example.com/app/auth/anyweb/callback',
      returnTo: '/files?a="b"&c=<d>',
    });
    expect(html).not.toContain('CANARY');
  });

  it('load the platform’s script before our own, and allow exactly its origin', () => {
    const target = handoffOf({ sdkUrl: 'https://sdk.example:8443/v1/sdk.js?x=1&y=2' });
    const { html, contentSecurityPolicy: policy } = pages.handoff('en', target, words, undefined);
    expect([...html.matchAll(/<script src="([^"]*)"/g)].map(([, url]) => url)).toEqual([
      'https://sdk.example:8443/v1/sdk.js?x=1&amp;y=2',
      'https://app.example.com/app/_oauth/handoff.js',
    ]);
    expect(policy).toContain("script-src 'self' https://sdk.example:8443;");
    expect(policy).toContain('frame-src https://sdk.example:8443;');
    expect(configOf(html)).not.toHaveProperty('returnTo');
  });

  it('allow the vendor’s own frames when its SDK is served from our origin', () => {
    const target = handoffOf({ sdkUrl: 'https://app.example.com/app/sdk/anyweb.js' });
    const { contentSecurityPolicy: policy } = pages.handoff('en', target, words, undefined);
    expect(policy).toContain("script-src 'self';");
    expect(policy).toMatch(/frame-src https:\/\/[\w.]*app\.anyweb\.cc/);
  });

  it('may wear the application’s own frame', () => {
    const framed = new LoginPages(
      site,
      ({ title, body, scripts }) => `<x>${title}|${scripts.length}|${body}</x>`,
    );
    expect(framed.problem('en', problem, undefined).html).toMatch(/^<x>The platform refused.*\|0\|<main>/);
  });
});

describe('contentSecurityPolicy', () => {
  it('allows our own origin and nothing inline', () => {
    expect(contentSecurityPolicy()).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' https: data:; " +
        "connect-src 'self'; frame-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
  });

  it('adds a platform’s origin to what its script does, and to nothing else', () => {
    const policy = contentSecurityPolicy({
      scripts: ['https://sdk.example'],
      frames: ['https://app.example'],
    });
    expect(policy).toContain("script-src 'self' https://sdk.example;");
    expect(policy).toContain("connect-src 'self' https://sdk.example;");
    expect(policy).toContain('frame-src https://app.example;');
    expect(policy.match(/https:\/\/(sdk|app)\.example/g)).toHaveLength(3);
    expect(policy).toContain("form-action 'self'");
    expect(policy).not.toContain('unsafe');
  });
});

describe('texts', () => {
  it('exist in both languages for every failure', () => {
    for (const kind of [...errorClasses, 'cancelled', 'not_completed'] as const) {
      for (const language of ['en', 'zh'] as const) {
        const { title, detail } = problemText(kind, language);
        expect(title.length * detail.length).toBeGreaterThan(0);
        expect(/\p{Script=Han}/u.test(title + detail)).toBe(language === 'zh');
      }
    }
    expect(Object.keys(pageTexts.zh)).toEqual(Object.keys(pageTexts.en));
  });

  it('name the provider', () => {
    expect(withProvider(pageTexts.zh.handoffTitle, '猿之棒')).toBe('使用猿之棒登录');
    expect(withProvider(pageTexts.zh.handoffTitle, 'AnyWeb')).toBe('使用 AnyWeb 登录');
    expect(withProvider(pageTexts.en.handoffTitle, '$& Co')).toBe('Sign in with $& Co');
  });
});

describe('assets', () => {
  it('are plain files with their types', () => {
    expect(Object.entries(assets).map(([name, { type }]) => [name, type])).toEqual([
      ['relay.js', 'text/javascript; charset=utf-8'],
      ['handoff.js', 'text/javascript; charset=utf-8'],
      ['login.css', 'text/css; charset=utf-8'],
    ]);
  });

  it.each(['relay.js', 'handoff.js'])('%s is a script that parses and writes no markup', (name) => {
    const text = assets[name]?.text ?? '';
    expect(() => new Script(text)).not.toThrow();
    expect(text).not.toMatch(/innerHTML|document\.write|eval\(/);
  });
});

describe('relay.js', () => {
  /** Runs the script on a page at this address; gives the address it goes to. */
  function relay(search: string, hash: string): string | undefined {
    let target: string | undefined;
    const location = {
      pathname: '/auth/huawei/callback',
      search,
      hash,
      replace: (url: string) => (target = url),
    };
    runInNewContext(assets['relay.js']?.text ?? '', { location, URLSearchParams });
    return target;
  }

  it.each([
    // "Web应用怎样获取Access Token？" shows a refusal in the fragment.
    ['', '#error=1107&error_description=access+denied', '?error=1107&error_description=access+denied'],
    ['?state=s', '#error=1107', '?state=s&error=1107'],
    ['', '#code=a%2Bb&state=s', '?code=a%2Bb&state=s'],
    // What the server has already seen is never replaced by what a link brings along.
    ['?state=s', '#state=evil&error=1107', '?state=s&error=1107'],
  ])('%j %j goes to %j', (search, hash, target) => {
    expect(relay(search, hash)).toBe(`/auth/huawei/callback${target}`);
  });

  it.each([
    ['', ''],
    ['', '#'],
    ['', '#top'],
    ['?state=s', '#state=s'],
    // It has been here before: it does not go round in circles.
    ['?error=1107', '#error=1107'],
  ])('%j %j goes nowhere', (search, hash) => {
    expect(relay(search, hash)).toBeUndefined();
  });
});
