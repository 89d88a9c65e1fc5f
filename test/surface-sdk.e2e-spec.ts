import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Browser } from './support/browser.js';
import { freePort } from './support/plain-app.js';
import { Program, type Settings } from './surface/program.js';

/** Credentials that make AnyWeb and 猿之棒 real. Nothing is sent there. */
const real = {
  ANYWEB_APP_ID: 'app',
  ANYWEB_SECRET: 'secret',
  YUANZHIBANG_APP_ID: '1',
  YUANZHIBANG_SECRET: 'secret',
  EMULATOR_URL: 'http://127.0.0.1:9',
};
const script = 'window.AnyWeb = { Provider: function () {} };';

describe('the script of a handoff page', () => {
  let folder: string;
  let site: string;
  let port: number;
  let sample: Program | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sdk-'));
    port = await freePort();
    site = `http://127.0.0.1:${port}`;
  });
  afterEach(async () => {
    await sample?.stop();
    await rm(folder, { recursive: true });
  });

  async function install(): Promise<void> {
    const sdk = join(folder, 'node_modules/@idealight-labs/anyweb-js-sdk');
    await mkdir(join(sdk, 'dist'), { recursive: true });
    await writeFile(join(sdk, 'package.json'), '{"name":"@idealight-labs/anyweb-js-sdk","version":"0.0.0"}');
    await writeFile(join(sdk, 'dist/anyweb-js-sdk.umd.min.js'), script);
    await writeFile(join(sdk, 'dist/other.js'), 'not to be served');
  }

  async function start(settings: Settings): Promise<Program> {
    sample = await Program.start('sample', { PORT: String(port), ...settings }, { folder });
    return sample;
  }

  async function page(provider: string, language = 'en') {
    const headers = { 'accept-language': language };
    const reply = await new Browser().visit(`${site}/auth/${provider}`, { headers });
    const policy = reply.headers.get('content-security-policy') ?? '';
    const directive = (name: string) => new RegExp(`${name} ([^;]*)`).exec(policy)?.[1];
    const scripts = [...reply.text.matchAll(/<script src="([^"]*)"/g)].map(([, url]) => url);
    return { reply, scripts, scriptSrc: directive('script-src'), frameSrc: directive('frame-src') };
  }

  it('is the vendor’s own at the real AnyWeb, from our origin, when its package is installed', async () => {
    await install();
    expect((await start(real)).stdout).toBe(`sample ready at ${site}\n`);
    const { scripts, scriptSrc, frameSrc } = await page('anyweb');
    expect(scripts).toEqual([`${site}/vendor/anyweb-sdk.js`, `${site}/_oauth/handoff.js`]);
    expect(scriptSrc).toBe("'self'");
    expect(frameSrc?.split(' ')).toContain('https://app.anyweb.cc');
    const sdk = await new Browser().visit(`${site}/vendor/anyweb-sdk.js`);
    expect([sdk.status, sdk.text]).toEqual([200, script]);
    expect(sdk.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(sdk.headers.get('cache-control')).toBe('public, max-age=3600');
    expect(sdk.headers.get('x-content-type-options')).toBe('nosniff');
    for (const path of ['other.js', 'anyweb-sdk.js/../other.js', 'anyweb-sdk.js/x', '']) {
      expect((await new Browser().visit(`${site}/vendor/${path}`)).status).toBe(404);
    }
  });

  it('is said to be unavailable at the real AnyWeb when it is not, and the start says what to do', async () => {
    const [ready, hint, ...rest] = (await start(real)).stdout.split('\n');
    expect([ready, rest]).toEqual([`sample ready at ${site}`, ['']]);
    expect(hint).toContain('npm install @idealight-labs/anyweb-js-sdk');
    expect(hint).toContain('ANYWEB_SDK_URL');
    const { reply, scripts, scriptSrc } = await page('anyweb');
    expect([reply.status, scripts, scriptSrc]).toEqual([200, [], "'self'"]);
    expect(reply.text).toContain('AnyWeb is not available here');
    expect((await page('anyweb', 'zh-CN')).reply.text).toContain('暂时无法使用 AnyWeb 登录');
    expect((await new Browser().visit(`${site}/vendor/anyweb-sdk.js`)).status).toBe(404);
  });

  it('is none at the real 猿之棒, whose container brings its own: outside the page says so', async () => {
    await start(real);
    const { reply, scripts, scriptSrc, frameSrc } = await page('yuanzhibang');
    expect([scripts, scriptSrc, frameSrc]).toEqual([[`${site}/_oauth/handoff.js`], "'self'", "'none'"]);
    expect(reply.text).toMatch(
      /data-when="unavailable" hidden>Open this page inside the [^<]* app to sign in\./,
    );
  });

  it('is the one that is named, wherever it comes from, and its origin is all that is let in', async () => {
    await install();
    await start({
      ...real,
      ANYWEB_SDK_URL: 'https://cdn.example.com/anyweb.js?v=1',
      YUANZHIBANG_SDK_URL: 'https://yzb.example.com:8443/sdk.js',
    });
    const anyweb = await page('anyweb');
    expect(anyweb.scripts[0]).toBe('https://cdn.example.com/anyweb.js?v=1');
    expect(anyweb.scriptSrc).toBe("'self' https://cdn.example.com");
    const yuanzhibang = await page('yuanzhibang');
    expect(yuanzhibang.scripts[0]).toBe('https://yzb.example.com:8443/sdk.js');
    expect(yuanzhibang.scriptSrc).toBe("'self' https://yzb.example.com:8443");
  });

  it('is the stand-in of the emulator on the emulator', async () => {
    await install();
    await start({ EMULATOR_URL: 'http://127.0.0.1:9' });
    for (const provider of ['anyweb', 'yuanzhibang']) {
      const { scripts, scriptSrc } = await page(provider);
      expect(scripts[0]).toBe(`http://127.0.0.1:9/__emulator/sdk/${provider}.js`);
      expect(scriptSrc).toBe("'self' http://127.0.0.1:9");
    }
  });
});
