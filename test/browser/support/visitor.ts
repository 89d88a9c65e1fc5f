import { type Browser, type BrowserContext, type FrameLocator, type Page } from 'playwright-core';
import { Watch } from './watch.js';

/** The languages pages are written in. */
export type Language = 'en' | 'zh';

/** Widths and heights people have. */
export const devices = {
  phone: { width: 360, height: 740 },
  desktop: { width: 1280, height: 800 },
} as const;

/** Who visits, and with what. */
export interface VisitorOptions {
  readonly language?: Language;
  readonly device?: keyof typeof devices;
  readonly script?: boolean;
}

/** How somebody answers a consent page. */
export interface Consent {
  /** The name on the page; without one, whoever is chosen already. */
  readonly as?: string | RegExp;
  readonly decision?: 'approve' | 'deny';
}

const decisions = { approve: '同意 / Approve', deny: '拒绝 / Deny' };

/** Somebody at a browser of their own, who sees and does only what a person could. */
export class Visitor {
  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    readonly watch: Watch,
    readonly site: string,
  ) {}

  static async arrive(browser: Browser, site: string, options: VisitorOptions = {}): Promise<Visitor> {
    const { language = 'en', device = 'desktop', script = true } = options;
    const context = await browser.newContext({
      locale: language === 'zh' ? 'zh-CN' : 'en-GB',
      viewport: devices[device],
      javaScriptEnabled: script,
    });
    context.setDefaultTimeout(20_000);
    const watch = await Watch.over(context, site);
    return new Visitor(context, await context.newPage(), watch, site);
  }

  /** Types an address. */
  async goTo(path: string): Promise<void> {
    await this.page.goto(new URL(path, this.site).href);
  }

  /** Follows a link by its name. */
  async follow(name: string | RegExp): Promise<void> {
    await this.page.getByRole('link', { name }).click();
  }

  /** Presses a button by its name. */
  async press(name: string): Promise<void> {
    await this.page.getByRole('button', { name, exact: true }).click();
  }

  /** Answers the consent page of a platform that redirects. */
  consent(consent: Consent = {}): Promise<void> {
    return answer(this.page, consent);
  }

  /** Answers the consent that a platform's script has laid over the page. */
  consentInFrame(consent: Consent = {}): Promise<void> {
    return answer(this.overlay(), consent);
  }

  overlay(): FrameLocator {
    return this.page.frameLocator('iframe[title="授权 / Authorize"]');
  }

  /** Waits for the page with this heading. */
  async expectHeading(heading: string): Promise<void> {
    await this.page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
  }

  /** Waits for a text. */
  async expectText(text: string): Promise<void> {
    await this.page.getByText(text, { exact: true }).waitFor();
  }

  /** The address, without the origin where it is ours. */
  address(): string {
    return this.page.url().replace(this.site, '');
  }

  /** Asks the page for the value of an expression. */
  ask<Value>(expression: string): Promise<Value> {
    return this.page.evaluate(expression);
  }

  /** Whom the application takes this browser for. */
  async accounts(): Promise<{ provider: string; displayName: string | null }[]> {
    const reply = await this.context.request.get(`${this.site}/api/me`);
    if (reply.status() === 401) return [];
    const { accounts } = (await reply.json()) as {
      accounts: { provider: string; displayName: string | null }[];
    };
    return accounts.map(({ provider, displayName }) => ({ provider, displayName }));
  }
}

async function answer(place: Page | FrameLocator, { as, decision = 'approve' }: Consent): Promise<void> {
  if (as !== undefined) await place.getByRole('radio', { name: as }).check();
  await place.getByRole('button', { name: decisions[decision] }).click();
}
