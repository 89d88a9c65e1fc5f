import { type INestApplication } from '@nestjs/common';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createPlatformEmulator,
  type PlatformEmulator,
  type PlatformEmulatorOptions,
  type ProviderName,
} from 'platform-emulator';
import { createSampleApp } from '../../apps/sample/src/app.js';
import { type Browser, locationOf, type Reply, type Visit } from './browser.js';
import { consent } from './consent.js';
import { freePort } from './plain-app.js';

/** Where a code is exchanged, by provider. */
export const exchangePaths: Readonly<Record<ProviderName, string>> = {
  wps: '/oauth2/token',
  huawei: '/oauth2/v3/token',
  anyweb: '/oauth/accessToken',
  yuanzhibang: '/OAuth2/token',
};

/** Asks for JSON, as programs do. */
export const asJson = { headers: { accept: 'application/json' } };

/** The members of a problem that tests look at. */
export interface ProblemBody {
  readonly status: number;
  readonly title: string;
  readonly errorClass?: string;
  readonly provider?: string;
  readonly platformCode?: string;
}

/** The sample application and the emulator it is wired to. */
export class Site {
  private constructor(
    readonly app: INestApplication,
    readonly emulator: PlatformEmulator,
    readonly url: string,
    private readonly data: string,
  ) {}

  static async start(
    env: Readonly<Record<string, string>> = {},
    platforms: PlatformEmulatorOptions = {},
  ): Promise<Site> {
    const emulator = await createPlatformEmulator(platforms);
    const port = await freePort();
    const data = await mkdtemp(join(tmpdir(), 'site-'));
    const url = `http://127.0.0.1:${port}`;
    const app = await createSampleApp({
      PORT: String(port),
      DATA_DIR: data,
      OAUTH_STORE: 'memory',
      EMULATOR_URL: emulator.url,
      LOGIN_RATE_LIMIT: '0',
      ...env,
    });
    await app.listen(port, '127.0.0.1');
    return new Site(app, emulator, url, data);
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.emulator.close();
    await rm(this.data, { recursive: true, force: true });
  }

  /** How often the platforms were asked to exchange a code. */
  exchanges(): number {
    return this.emulator.log().filter(({ path }) => Object.values(exchangePaths).includes(path)).length;
  }

  /** Starts a redirect login and consents; gives the callback URL without visiting it. */
  async callbackOf(browser: Browser, provider: string, query = ''): Promise<string> {
    return consent(browser, await browser.visit(`${this.url}/auth/${provider}${query}`));
  }

  /** Begins a handoff attempt and gets a code, as the page's script does. */
  async handoffOf(browser: Browser, provider: ProviderName): Promise<{ code: string; state: string }> {
    const begun = await browser.visit(`${this.url}/auth/${provider}/attempts`, { json: {} });
    const { state } = JSON.parse(begun.text) as { state: string };
    return { code: this.emulator.issueCode(provider), state };
  }

  /** Hands a code in. */
  handIn(browser: Browser, provider: string, json: unknown, visit: Visit = asJson): Promise<Reply> {
    return browser.visit(`${this.url}/auth/${provider}/callback`, { json, ...visit });
  }

  /** Who is signed in, or undefined. */
  async me(browser: Browser): Promise<{ provider: string; subject: string } | undefined> {
    const reply = await browser.visit(`${this.url}/api/me`);
    if (reply.status === 401) return undefined;
    return (JSON.parse(reply.text) as { user: { provider: string; subject: string } }).user;
  }

  /** Signs in all the way. */
  async signIn(browser: Browser, provider: string): Promise<string> {
    const done = await browser.visit(await this.callbackOf(browser, provider));
    return locationOf(done);
  }
}

/** Reads a problem. */
export function problemOf(reply: Reply): ProblemBody {
  return JSON.parse(reply.text) as ProblemBody;
}
