import { huawei, type Login } from 'nestjs-oauth-providers';
import { Browser, locationOf, type Reply } from '../support/browser.js';
import { type RoutedApp, startRoutedApp } from '../support/routed-app.js';
import { HuaweiServer } from './huawei-server.js';

/** The client that the second server knows. */
export const client = { clientId: '107408391', clientSecret: 'a secret with: blanks, + and % signs' };

/** An application, the second server under it, a browser, and the clock all of them share. */
export class HuaweiScene {
  /** Logins that went through. */
  readonly logins: Login[] = [];
  readonly browser = new Browser();
  app!: RoutedApp;

  private constructor(
    readonly server: HuaweiServer,
    private readonly clock: { time: number },
  ) {}

  static async open(options: Partial<Parameters<typeof huawei>[0]> = {}): Promise<HuaweiScene> {
    const clock = { time: Date.parse('2026-03-01T08:00:00Z') };
    const now = (): number => clock.time;
    const scene = new HuaweiScene(await HuaweiServer.start({ ...client, now }), clock);
    const baseUrl = scene.server.wire.url;
    scene.app = await startRoutedApp(() => [huawei({ ...client, baseUrl, ...options })], {
      clock: { now },
      resolveUser: (login) => {
        scene.logins.push(login);
        return { subject: login.subject };
      },
    });
    scene.server.redirectUris = [scene.callback];
    return scene;
  }

  get callback(): string {
    return `${this.app.url}/auth/huawei/callback`;
  }

  wait(milliseconds: number): void {
    this.clock.time += milliseconds;
  }

  /** Stops everything, and throws when the library did what no document allows. */
  async close(): Promise<void> {
    await this.app.app.close();
    await this.server.wire.close();
    if (this.server.complaints.length > 0) throw new Error(this.server.complaints.join('; '));
  }

  /** Where the platform sends the browser once the person has answered. */
  async consent(browser = this.browser): Promise<string> {
    const begun = await browser.visit(`${this.app.url}/auth/huawei?returnTo=/me`);
    return locationOf(await browser.visit(locationOf(begun)));
  }

  /** A whole sign-in; the answer of the callback in JSON. */
  async signIn(browser = this.browser): Promise<Reply> {
    return this.goBack(await this.consent(browser), browser);
  }

  async goBack(url: string, browser = this.browser): Promise<Reply> {
    return browser.visit(url, { headers: { accept: 'application/json' } });
  }

  /** Who is signed in. */
  async me(browser = this.browser): Promise<unknown> {
    return JSON.parse((await browser.visit(`${this.app.url}/me`)).text) as unknown;
  }
}
