import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readConfig } from './sample-config.js';
import { anywebSdkHint, findAnywebSdk } from './vendor-sdk.js';

describe("AnyWeb's own script", () => {
  let folder: string;
  let bundle: string;

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'vendor-')));
    bundle = join(folder, 'node_modules/@idealight-labs/anyweb-js-sdk/dist/anyweb-js-sdk.umd.min.js');
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  async function install(): Promise<void> {
    await mkdir(dirname(bundle), { recursive: true });
    await writeFile(join(dirname(bundle), '../package.json'), '{"name":"@idealight-labs/anyweb-js-sdk"}');
    await writeFile(bundle, 'window.AnyWeb = {};');
  }

  async function configured(env: NodeJS.ProcessEnv) {
    const secrets = { OAUTH_STORE: 'memory', DATA_DIR: join(folder, 'data') };
    const { anywebSdk, hints, platforms } = await readConfig({ ...secrets, ...env }, folder);
    const anyweb = platforms.find(({ provider }) => provider.name === 'anyweb')?.provider;
    return { anywebSdk, hints, sdkUrl: anyweb && 'sdkUrl' in anyweb ? anyweb.sdkUrl : undefined };
  }

  const real = { ANYWEB_APP_ID: 'app', ANYWEB_SECRET: 'secret' };

  it('is found where a program of the folder, or below it, would find it', async () => {
    await install();
    expect(findAnywebSdk(folder)).toBe(bundle);
    await mkdir(join(folder, 'deeper'));
    expect(findAnywebSdk(join(folder, 'deeper'))).toBe(bundle);
  });

  it('is not there when the package or its bundle is not', async () => {
    expect(findAnywebSdk(folder)).toBeUndefined();
    await install();
    await rm(bundle);
    expect(findAnywebSdk(folder)).toBeUndefined();
  });

  it('is what the page loads at the real AnyWeb', async () => {
    await install();
    expect(await configured({ ...real, PUBLIC_URL: 'https://app.example.com' })).toEqual({
      anywebSdk: bundle,
      hints: [],
      sdkUrl: 'https://app.example.com/vendor/anyweb-sdk.js',
    });
  });

  it('gives way to the one that is named, and to the stand-in of the emulator', async () => {
    await install();
    const named = 'https://cdn.example.com/a.js';
    expect(await configured({ ...real, ANYWEB_SDK_URL: named })).toEqual({ hints: [], sdkUrl: named });
    const standIn = 'http://127.0.0.1:4000/__emulator/sdk/anyweb.js';
    expect(await configured({})).toEqual({ hints: [], sdkUrl: standIn });
  });

  it('is missed in one sentence where it is needed and not there', async () => {
    expect(await configured(real)).toEqual({ hints: [anywebSdkHint] });
    expect(anywebSdkHint).toMatch(
      /^[^\n]*npm install @idealight-labs\/anyweb-js-sdk[^\n]*ANYWEB_SDK_URL[^\n]*$/,
    );
  });
});
