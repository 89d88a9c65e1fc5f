import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type INestApplication } from '@nestjs/common';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSampleApp } from '../apps/sample/src/app.js';
import { AnywebServer } from './second-servers/anyweb-server.js';
import { HuaweiServer } from './second-servers/huawei-server.js';
import { problemOf, promised } from './second-servers/problem.js';
import { Browser, locationOf } from './support/browser.js';
import { freePort } from './support/plain-app.js';

const huaweiClient = { clientId: '107408391', clientSecret: 'h-secret/+=%' };
const anywebClient = { appid: 'a-second-app', secret: 'a-secret/+=%' };

describe('the sample application on the second servers', () => {
  let huawei: HuaweiServer;
  let anyweb: AnywebServer;
  let directory: string;
  let app: INestApplication;
  let url: string;
  let browser: Browser;

  beforeEach(async () => {
    huawei = await HuaweiServer.start({ ...huaweiClient, now: Date.now });
    anyweb = await AnywebServer.start({ ...anywebClient, now: Date.now });
    directory = await mkdtemp(join(tmpdir(), 'second-servers-'));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    huawei.redirectUris = [`${url}/auth/huawei/callback`];
    browser = new Browser();
    app = await createSampleApp({
      PORT: String(port),
      DATA_DIR: directory,
      OAUTH_STORE: 'memory',
      HUAWEI_BASE_URL: huawei.wire.url,
      HUAWEI_CLIENT_ID: huaweiClient.clientId,
      HUAWEI_CLIENT_SECRET: huaweiClient.clientSecret,
      ANYWEB_BASE_URL: anyweb.wire.url,
      ANYWEB_APP_ID: anywebClient.appid,
      ANYWEB_SECRET: anywebClient.secret,
      ANYWEB_SDK_URL: `${anyweb.wire.url}/sdk.js`,
    });
    await app.listen(port, '127.0.0.1');
  });

  afterEach(async () => {
    await app.close();
    await huawei.wire.close();
    await anyweb.wire.close();
    await rm(directory, { recursive: true });
    const complaints = [...huawei.complaints, ...anyweb.complaints];
    if (complaints.length > 0) throw new Error(complaints.join('; '));
  });

  async function me(): Promise<{ status: number; user: unknown }> {
    const { status, text } = await browser.visit(`${url}/api/me`);
    return { status, user: (JSON.parse(text) as { user?: unknown }).user };
  }

  it('signs in with Huawei, and out again', async () => {
    const begun = await browser.visit(`${url}/auth/huawei?returnTo=/api/me`);
    const consented = await browser.visit(locationOf(begun));
    const done = await browser.visit(locationOf(consented));
    expect([done.status, locationOf(done)]).toEqual([302, `${url}/api/me`]);
    const { unionId, name, picture } = huawei.person;
    expect(await me()).toEqual({
      status: 200,
      user: { provider: 'huawei', subject: unionId, displayName: name, avatarUrl: picture },
    });
    expect((await browser.visit(`${url}/`)).text).toContain(name);

    const headers = { accept: 'application/json' };
    expect((await browser.visit(`${url}/auth/logout`, { method: 'POST', headers })).status).toBe(204);
    expect((await me()).status).toBe(401);
  });

  it('opens no session for an id_token of another issuer', async () => {
    huawei.alter = ({ header, claims }) => ({ header, claims: { ...claims, iss: huawei.wire.url } });
    const begun = await browser.visit(`${url}/auth/huawei`);
    const consented = await browser.visit(locationOf(begun));
    const done = await browser.visit(locationOf(consented), { headers: { accept: 'application/json' } });
    expect(problemOf(done)).toEqual(promised(502, 'invalid_token'));
    expect((await me()).status).toBe(401);
  });

  it('signs in with AnyWeb, whose page loads the one script that was named', async () => {
    const page = await browser.visit(`${url}/auth/anyweb`);
    expect(page.status).toBe(200);
    expect(page.text).toContain(`${anyweb.wire.url}/sdk.js`);
    expect(page.headers.get('content-security-policy')).toContain(anyweb.wire.url);

    const begun = await browser.visit(`${url}/auth/anyweb/attempts`, { method: 'POST' });
    const { state, expiresIn } = JSON.parse(begun.text) as { state: string; expiresIn: number };
    expect([begun.status, expiresIn > 0]).toEqual([201, true]);
    const json = { code: anyweb.newCode(), state };
    const done = await browser.visit(`${url}/auth/anyweb/callback`, {
      json,
      headers: { accept: 'application/json' },
    });
    expect([done.status, JSON.parse(done.text)]).toMatchObject([200, { returnTo: '/' }]);
    expect(await me()).toEqual({
      status: 200,
      user: { provider: 'anyweb', subject: anyweb.person.unionid, displayName: null, avatarUrl: null },
    });
    // The code was good once.
    const again = await browser.visit(`${url}/auth/anyweb/attempts`, { method: 'POST' });
    const replayed = await browser.visit(`${url}/auth/anyweb/callback`, {
      json: { ...json, state: (JSON.parse(again.text) as { state: string }).state },
      headers: { accept: 'application/json' },
    });
    expect(problemOf(replayed)).toEqual(promised(400, 'invalid_grant', 'A107P009'));
  });
});
