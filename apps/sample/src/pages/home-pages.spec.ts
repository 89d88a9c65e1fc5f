import { describe, expect, it } from '@jest/globals';
import { type OAuthLogin } from 'nestjs-oauth-providers';
import { type SampleConfig } from '../config/sample-config.js';
import { Account } from '../users/account.js';
import { HomePages } from './home-pages.js';
import { withProvider } from './texts.js';

const emulator = 'http://127.0.0.1:4000';
const providers = [
  { name: 'huawei', title: { en: 'HUAWEI ID', zh: '华为帐号' }, kind: 'redirect' },
  { name: 'wps', title: { en: 'WPS 365', zh: 'WPS 365' }, kind: 'redirect' },
];
const pages = new HomePages(
  { list: () => providers } as unknown as OAuthLogin,
  {
    platforms: [
      { provider: { name: 'huawei' }, baseUrl: undefined, emulated: false },
      { provider: { name: 'wps' }, baseUrl: emulator, emulated: true },
    ],
  } as unknown as SampleConfig,
);

function account(facts: Partial<Account>): Account {
  const identity = { provider: 'wps', clientId: 'AK1', subject: facts.subject ?? 'subject-1' };
  const linkedAt = '2026-11-21T08:30:00.000Z';
  return new Account(identity, { displayName: null, avatarUrl: null, linkedAt, ...facts });
}

describe('the login page', () => {
  it('has a plain link per provider and marks those of the emulator', () => {
    const html = pages.login('en', undefined);
    expect(html).toContain('<html lang="en">');
    expect(html).toContain('<a href="/auth/huawei">');
    expect(html).toContain('<a href="/auth/wps">');
    expect(html.match(/class="badge"/g)).toHaveLength(1);
    expect(html).toContain('Buttons marked “emulator”');
  });

  it('hands on where the visitor wants to go, and nothing that is no text', () => {
    expect(pages.login('zh', '/a?b=1&c="><img onerror=x>')).toContain(
      '<a href="/auth/wps?returnTo=%2Fa%3Fb%3D1%26c%3D%22%3E%3Cimg+onerror%3Dx%3E">',
    );
    expect(pages.login('zh', ['/a', '/b'])).toContain('<a href="/auth/wps">');
  });

  it('speaks Chinese', () => {
    const html = pages.login('zh', undefined);
    expect(html).toContain('<html lang="zh-CN">');
    expect(html).toContain('华为帐号');
    expect(html).toContain('请选择登录方式');
  });

  it('has nothing inline', () => {
    expect(pages.login('en', undefined)).not.toMatch(/<script|<style|\sstyle=|\son\w+=/);
  });
});

describe('the account page', () => {
  it('escapes whatever a platform calls a user', () => {
    const displayName = `<img src=x onerror=alert(1)> "M" & 'Co'`;
    const html = pages.account('en', account({ displayName, subject: '"><script>alert(1)</script>' }));
    expect(html).not.toContain('<img src=x');
    expect(html).not.toContain('<script');
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt; &quot;M&quot; &amp; &#39;Co&#39;');
  });

  it('escapes the address of a picture', () => {
    const html = pages.account('en', account({ avatarUrl: 'https://a.example/"onload="x' }));
    expect(html).toContain('src="https://a.example/&quot;onload=&quot;x"');
  });

  it.each([
    ['https://pictures.example.com/1.png', true],
    [`${emulator}/__emulator/avatars/wps/1.svg`, true],
    ['http://pictures.example.com/1.png', false],
    ['javascript:alert(1)', false],
    ['data:text/html,x', false],
    ['not a URL', false],
  ])('shows %s: %s', (avatarUrl, shown) => {
    const html = pages.account('en', account({ displayName: '张伟', avatarUrl }));
    expect(html.includes('referrerpolicy="no-referrer"')).toBe(shown);
    expect(html).toContain('<span>张</span>');
  });

  it('does without a name', () => {
    expect(pages.account('zh', account({}))).toContain('未提供昵称');
  });

  it('says since when', () => {
    expect(pages.account('en', account({}))).toContain(
      '<time datetime="2026-11-21T08:30:00.000Z">21 Nov 2026, 08:30 UTC</time>',
    );
  });
});

describe('a name in a text', () => {
  it('is set off from Chinese when it is Latin', () => {
    expect(withProvider('已通过{provider}登录', 'WPS 365')).toBe('已通过 WPS 365 登录');
    expect(withProvider('已通过{provider}登录', '猿之棒')).toBe('已通过猿之棒登录');
  });

  it('is taken as it is', () => {
    expect(withProvider('with {provider}', '$& {provider}')).toBe('with $& {provider}');
  });
});
