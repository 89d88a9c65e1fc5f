import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { memoryStore, type StoreEngine } from 'nestjs-oauth-providers';
import {
  createPlatformEmulator,
  demoClients,
  type Fault,
  type PlatformEmulator,
  type ProviderName,
} from 'platform-emulator';
import { Browser, type Reply } from './support/browser.js';
import { consent } from './support/consent.js';
import { emulatedProviders } from './support/plain-app.js';
import { type RoutedApp, startRoutedApp } from './support/routed-app.js';
import { exchangePaths, problemOf } from './support/site.js';

/** Milliseconds a platform is given; only the body that drips is meant to use them up. */
const patience = 3_000;

const profilePaths: Readonly<Record<ProviderName, string>> = {
  wps: '/v7/users/current',
  huawei: '/rest.php',
  anyweb: '/oauth/userInfo',
  yuanzhibang: '/UserResource/getUserBaseInfo',
};

/** What can come instead of an answer, and how it is reported. */
const troubles: readonly (readonly [string, Fault, { status: number; errorClass: string }])[] = [
  ['an HTML page', { kind: 'html', status: 200 }, { status: 502, errorClass: 'transient' }],
  ['an HTML gateway error', { kind: 'html', status: 502 }, { status: 502, errorClass: 'transient' }],
  ['an empty body', { kind: 'empty' }, { status: 502, errorClass: 'transient' }],
  [
    'a body of 10 MB',
    { kind: 'json', body: { junk: 'x'.repeat(10_000_000) } },
    { status: 502, errorClass: 'transient' },
  ],
  ['an endless body', { kind: 'endless' }, { status: 502, errorClass: 'transient' }],
  ['a body that drips', { kind: 'slow', ms: 200 }, { status: 502, errorClass: 'transient' }],
  ['a reset', { kind: 'reset' }, { status: 502, errorClass: 'transient' }],
  ['a 307', { kind: 'redirect' }, { status: 502, errorClass: 'unknown' }],
  ['a 500', { kind: 'status', status: 500 }, { status: 502, errorClass: 'transient' }],
  ['a 429', { kind: 'status', status: 429 }, { status: 503, errorClass: 'throttled' }],
  ['an answer without a token', { kind: 'json', body: {} }, { status: 502, errorClass: 'unknown' }],
];

describe.each(['wps', 'huawei', 'anyweb', 'yuanzhibang'] as const)('trouble at %s', (provider) => {
  let emulator: PlatformEmulator;
  let routed: RoutedApp;
  let saves = 0;

  beforeAll(async () => {
    emulator = await createPlatformEmulator();
    routed = await startRoutedApp(() => emulatedProviders(emulator, patience), {
      store: counting(memoryStore()),
    });
  });
  afterAll(async () => {
    await routed.app.close();
    await emulator.close();
  });
  beforeEach(() => {
    emulator.reset();
    routed.logged.length = 0;
    saves = 0;
  });

  /** Counts the saves of users' tokens; the application's own token may be kept. */
  function counting(engine: StoreEngine): StoreEngine {
    return {
      ...engine,
      open: async (clock) => {
        const store = await engine.open(clock);
        const replace: typeof store.tokens.replace = async (write) => {
          if (write.owner !== null) saves += 1;
          return store.tokens.replace(write);
        };
        return {
          ...store,
          tokens: new Proxy(store.tokens, {
            get: (target, key) => (key === 'replace' ? replace : bound(target, key)),
          }),
        };
      },
    };
  }

  /** A login up to the callback; how it is finished is up to the caller. */
  async function begin(
    browser: Browser,
  ): Promise<{ secrets: string[]; finish: (accept: string) => Promise<Reply> }> {
    const { clientSecret } = demoClients[provider];
    if (provider === 'wps' || provider === 'huawei') {
      const callback = await consent(browser, await browser.visit(`${routed.url}/auth/${provider}`));
      const code = new URL(callback).searchParams.get('code') ?? '';
      return {
        secrets: [clientSecret, code],
        finish: (accept) => browser.visit(callback, { headers: { accept } }),
      };
    }
    const begun = await browser.visit(`${routed.url}/auth/${provider}/attempts`, { json: {} });
    const { state } = JSON.parse(begun.text) as { state: string };
    const code = emulator.issueCode(provider);
    return {
      secrets: [clientSecret, code],
      finish: (accept) =>
        browser.visit(`${routed.url}/auth/${provider}/callback`, {
          form: { code, state },
          headers: { accept },
        }),
    };
  }

  it.each(troubles)(
    '%s instead of a token is a typed failure, and nothing is kept',
    async (_what, fault, expected) => {
      const browser = new Browser();
      const { secrets, finish } = await begin(browser);
      emulator.addFault({ provider, path: exchangePaths[provider], times: 1, fault });
      const reply = await finish('application/json');
      expect(problemOf(reply)).toMatchObject({ ...expected, provider });
      expect(reply.headers.get('retry-after') !== null).toBe(expected.status === 503);
      expect(saves).toBe(0);
      expect((await browser.visit(`${routed.url}/me`)).text).toBe('{}');
      const output = [reply.text, ...routed.logged].join('\n');
      for (const secret of secrets) expect(output).not.toContain(secret);
      expect(routed.logged.join('\n')).toContain(`${provider} exchange`);
      // The code is never sent again by itself.
      expect(emulator.log().filter(({ path }) => path === exchangePaths[provider])).toHaveLength(1);
    },
  );

  it('is a page that a person understands, in their language', async () => {
    for (const [language, words] of [
      ['en', 'cannot be reached'],
      ['zh-CN', '暂时无法连接平台'],
    ] as const) {
      const browser = new Browser({ accept: 'text/html', 'accept-language': language });
      const { finish } = await begin(browser);
      emulator.addFault({ provider, path: exchangePaths[provider], times: 1, fault: { kind: 'reset' } });
      const page = await finish('text/html');
      expect(page.status).toBe(502);
      expect(page.headers.get('content-type')).toContain('text/html');
      expect(page.text).toContain(words);
      expect(page.text).toContain(`lang="${language}"`);
    }
  });

  it('asks for the user info again once when it fails by accident after a good exchange', async () => {
    const browser = new Browser();
    const { finish } = await begin(browser);
    emulator.addFault({ provider, path: profilePaths[provider], times: 1, fault: { kind: 'reset' } });
    expect((await finish('application/json')).status).toBe(200);
    expect(saves).toBe(1);
  });

  it('fails with a type, and keeps nothing, when the user info stays down', async () => {
    const browser = new Browser();
    const { finish } = await begin(browser);
    emulator.addFault({
      provider,
      path: profilePaths[provider],
      times: 5,
      fault: { kind: 'html', status: 503 },
    });
    const problem = problemOf(await finish('application/json'));
    expect(problem).toMatchObject({ provider, errorClass: 'transient', status: 502 });
    expect(emulator.log().filter(({ path }) => path === profilePaths[provider])).toHaveLength(2);
    expect(saves).toBe(0);
    expect((await browser.visit(`${routed.url}/me`)).text).toBe('{}');
  });
});

function bound(target: object, key: string | symbol): unknown {
  const value: unknown = Reflect.get(target, key);
  return typeof value === 'function' ? (value.bind(target) as unknown) : value;
}
