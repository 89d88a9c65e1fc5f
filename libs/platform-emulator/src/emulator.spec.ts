import { describe, expect, it } from '@jest/globals';
import { createPlatformEmulator } from './emulator.js';
import { ask, postForm, start } from './testing/harness.js';

describe('createPlatformEmulator', () => {
  it('serves every platform on one origin, on loopback', async () => {
    const emulator = await start();
    expect(emulator.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(new Set(Object.values(emulator.origins))).toEqual(new Set([emulator.url]));
  });

  it('gives a platform a port of its own, with just that platform and steering', async () => {
    const emulator = await start({ ports: { wps: 0 } });
    const { wps, huawei } = emulator.origins;
    expect(wps).not.toBe(emulator.url);
    expect(huawei).toBe(emulator.url);
    expect((await ask(`${wps}/v7/users/current`)).status).toBe(401);
    expect((await ask(`${emulator.url}/v7/users/current`)).status).toBe(401);
    expect((await ask(`${wps}/oauth2/v3/certs`)).status).toBe(404);
    expect((await ask(`${wps}/__emulator/log`)).status).toBe(200);
    expect(emulator.log()).toHaveLength(3);
  });

  it('compares paths exactly', async () => {
    const emulator = await start();
    for (const path of ['/OAUTH2/token', '/oauth2/token/', '/oauth2//token', '/V7/users/current', '/']) {
      expect((await postForm(emulator.url + path, {})).status).toBe(404);
    }
  });

  it('refuses a taken port and leaves nothing open', async () => {
    const first = await start();
    const port = Number(new URL(first.url).port);
    const second = createPlatformEmulator({ ports: { wps: port } });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE', port });
  });

  it('repeats its codes with the same seed and never without', async () => {
    const codes = async (seed?: string) => (await start({ seed })).issueCode('anyweb');
    expect(await codes('a')).toBe(await codes('a'));
    expect(await codes('a')).not.toBe(await codes('b'));
    expect(await codes()).not.toBe(await codes());
  });

  it('closes twice without complaint and refuses connections then', async () => {
    const emulator = await createPlatformEmulator();
    await Promise.all([emulator.close(), emulator.close()]);
    await expect(ask(emulator.url)).rejects.toThrow();
  });
});
