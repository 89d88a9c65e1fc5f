import { Inject, Injectable } from '@nestjs/common';
import { OAuthLogin } from 'nestjs-oauth-providers';
import { SampleConfig } from '../config/sample-config.js';
import { type Account } from '../users/account.js';
import { pageFrame, render } from './render.js';
import { siteTexts, withProvider } from './texts.js';

type Language = keyof typeof siteTexts;

const marks: Readonly<Record<string, string>> = {
  huawei: '华',
  wps: 'W',
  anyweb: 'A',
  yuanzhibang: '猿',
  oidc: 'ID',
};

/** The two faces of the front door. */
@Injectable()
export class HomePages {
  constructor(
    @Inject(OAuthLogin) private readonly logins: OAuthLogin,
    @Inject(SampleConfig) private readonly config: SampleConfig,
  ) {}

  /** A button per provider. */
  login(language: Language, returnTo: unknown): string {
    const text = siteTexts[language];
    const query = typeof returnTo === 'string' ? `?${new URLSearchParams({ returnTo }).toString()}` : '';
    const choices = this.logins.list().map(({ name, title }) => ({
      name,
      href: `/auth/${name}${query}`,
      mark: marks[name] ?? initialOf(title[language]),
      title: title[language],
      emulated: this.isEmulated(name),
    }));
    const anyEmulated = choices.some(({ emulated }) => emulated);
    const body = render('login', { text, choices, anyEmulated });
    return pageFrame({ language, title: text.loginTitle, body, scripts: [] });
  }

  /** Who is signed in. */
  account(language: Language, account: Account): string {
    const text = siteTexts[language];
    const { provider, subject, displayName, avatarUrl, linkedAt } = account;
    const platform = this.titleOf(provider, language);
    const body = render('account', {
      text,
      platform,
      subject,
      linkedAt,
      displayName: displayName ?? text.nameless,
      initial: initialOf(displayName ?? platform),
      avatarUrl: this.showable(avatarUrl),
      emulated: this.isEmulated(provider),
      signedInWith: withProvider(text.signedInWith, platform),
      since: formatTime(linkedAt, language),
    });
    return pageFrame({ language, title: text.accountTitle, body, scripts: [] });
  }

  private titleOf(provider: string, language: Language): string {
    return this.logins.list().find(({ name }) => name === provider)?.title[language] ?? provider;
  }

  private isEmulated(name: string): boolean {
    return this.config.platforms.some(({ provider, emulated }) => emulated && provider.name === name);
  }

  /** A picture the content security policy lets through; initials take the place of any other. */
  private showable(avatarUrl: string | null): string | undefined {
    if (avatarUrl === null || !URL.canParse(avatarUrl)) return undefined;
    const { protocol, origin } = new URL(avatarUrl);
    const known = protocol === 'https:' || this.config.platforms.some(({ baseUrl }) => baseUrl === origin);
    return known ? avatarUrl : undefined;
  }
}

function initialOf(name: string): string {
  return /[\p{L}\p{N}]/u.exec(name)?.[0].toUpperCase() ?? '?';
}

function formatTime(time: string, language: Language): string {
  const format = new Intl.DateTimeFormat(language === 'zh' ? 'zh-CN' : 'en-GB', {
    dateStyle: 'medium',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  return `${format.format(new Date(time))} UTC`;
}
