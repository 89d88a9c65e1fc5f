import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPlatformEmulator, demoClients, type PlatformEmulator } from 'platform-emulator';
import { Browser, locationOf } from './support/browser.js';
import { consent } from './support/consent.js';
import { freePort } from './support/plain-app.js';
import { SampleProcess } from './support/sample-process.js';

/** The embedded default: one SQLite file, real processes, `kill -9`. Needs the build (`npm run build`). */
describe('the sample on SQLite', () => {
  let emulator: PlatformEmulator;
  let data: string;
  let env: Record<string, string>;
  let site: string;
  let sample: SampleProcess;

  beforeAll(async () => {
    emulator = await createPlatformEmulator();
  });
  afterAll(() => emulator.close());

  beforeEach(async () => {
    emulator.reset();
    data = await mkdtemp(join(tmpdir(), 'durability-'));
    const port = await freePort();
    site = `http://127.0.0.1:${port}`;
    env = { PORT: String(port), DATA_DIR: data, EMULATOR_URL: emulator.url };
    sample = await SampleProcess.start(env);
  });
  afterEach(async () => {
    await sample.kill();
    await rm(data, { recursive: true, force: true });
  });

  async function crashAndRestart(): Promise<void> {
    await sample.kill();
    sample = await SampleProcess.start(env);
  }

  const me = async (browser: Browser): Promise<unknown> =>
    JSON.parse((await browser.visit(`${site}/api/me`)).text);

  it('finishes a login that was begun before it was killed, and knows the visitor after the next kill', async () => {
    const browser = new Browser();
    const callback = await consent(browser, await browser.visit(`${site}/auth/huawei?returnTo=/somewhere`));
    await crashAndRestart();
    expect(locationOf(await browser.visit(callback))).toBe(`${site}/somewhere`);
    const before = await me(browser);
    expect(before).toMatchObject({ user: { provider: 'huawei' } });
    await crashAndRestart();
    expect(await me(browser)).toEqual(before);
  });

  it('does not let a callback be used again after a restart', async () => {
    const browser = new Browser();
    const callback = await consent(browser, await browser.visit(`${site}/auth/wps`));
    const cookie = await browser.jar.getCookieString(callback);
    expect((await browser.visit(callback)).status).toBe(302);
    await crashAndRestart();
    const again = await new Browser({ accept: 'application/json', cookie }).visit(callback);
    expect(again.status).toBe(400);
  });

  it('stops cleanly when asked to', async () => {
    expect(await sample.stop()).toBe(0);
  });

  it('refuses to start with another lookup key, and says which variable it is', async () => {
    await new Browser().visit(site);
    expect(await sample.stop()).toBe(0);
    const other = { ...env, OAUTH_LOOKUP_KEY: Buffer.alloc(32, 9).toString('base64') };
    const { code, output } = await SampleProcess.run(other);
    expect(code).toBe(1);
    expect(output).toContain('OAUTH_LOOKUP_KEY');
    expect(output.trim().split('\n')).toHaveLength(1);
  });

  it('leaves nothing readable behind: no token, secret, code, subject, name or session id', async () => {
    const marked = {
      access_token: 'canary-access-0123456789abcdef',
      refresh_token: 'canary-refresh-0123456789abcdef',
      expires_in: 7200,
      token_type: 'bearer',
    };
    const profile = {
      code: 0,
      data: { id: 'canary-subject-42', user_name: 'canary-name 王小明', avatar: '' },
    };
    emulator.addFault({
      provider: 'wps',
      path: '/oauth2/token',
      times: 1,
      fault: { kind: 'json', body: marked },
    });
    emulator.addFault({
      provider: 'wps',
      path: '/v7/users/current',
      times: 1,
      fault: { kind: 'json', body: profile },
    });
    const browser = new Browser();
    const callback = await consent(browser, await browser.visit(`${site}/auth/wps`));
    const url = new URL(callback);
    await browser.visit(callback);
    expect(await me(browser)).toMatchObject({
      user: { subject: 'canary-subject-42', displayName: 'canary-name 王小明' },
    });
    const cookies = Object.values(await browser.cookies(site)).map((value) => decodeURIComponent(value));
    const sessionIds = cookies.map((value) => /^s:([^.]+)\./.exec(value)?.[1] ?? value);
    expect(sessionIds).toHaveLength(1);

    const secrets = [
      ...[marked.access_token, marked.refresh_token, profile.data.id, profile.data.user_name],
      ...[url.searchParams.get('code') ?? '', url.searchParams.get('state') ?? ''],
      ...sessionIds,
      ...Object.values(demoClients).map(({ clientSecret }) => clientSecret),
    ];
    await sample.kill();
    const names = (await readdir(data)).filter((name) => name.startsWith('sample.db'));
    expect(names).toContain('sample.db');
    for (const name of names) {
      const file = join(data, name);
      expect((await stat(file)).mode & 0o077).toBe(0);
      const dump = (await readFile(file)).toString('latin1');
      for (const secret of secrets) {
        const bytes = Buffer.from(secret);
        for (const form of [
          bytes.toString('latin1'),
          bytes.toString('hex'),
          bytes.toString('base64').slice(0, -4),
        ]) {
          expect(dump.includes(form)).toBe(false);
        }
      }
    }
    for (const secret of secrets) expect(sample.output).not.toContain(secret);
    sample = await SampleProcess.start(env);
  });
});
