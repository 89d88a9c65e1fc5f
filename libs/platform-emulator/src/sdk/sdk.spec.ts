import { describe, expect, it } from '@jest/globals';
import { demoClients } from '../demo-clients.js';
import { type PlatformEmulator } from '../emulator.js';
import { FakePage } from '../testing/fake-page.js';
import { type Answer, ask, postForm, postJson, start } from '../testing/harness.js';

const { clientId: appid, clientSecret: secret } = demoClients.anyweb;
const { clientId: appId, clientSecret: appSecret } = demoClients.yuanzhibang;

async function load(emulator: PlatformEmulator, script: string): Promise<FakePage> {
  const url = `${emulator.url}/__emulator/sdk/${script}`;
  const answer = await ask(url);
  expect(answer.headers.get('content-type')).toContain('text/javascript');
  return new FakePage(url, answer.text);
}

const entities: Record<string, string> = { quot: '"', amp: '&', lt: '<', gt: '>', '#39': "'" };

/** What the answer page will post to its parent. */
function postedBy(page: Answer): { target: string; answer: unknown } {
  const attribute = (name: string) =>
    new RegExp(`data-${name}="([^"]*)"`)
      .exec(page.text)![1]!
      .replace(/&(quot|amp|lt|gt|#39);/g, (_whole, entity: string) => entities[entity]!);
  return { target: attribute('target'), answer: JSON.parse(attribute('answer')) as unknown };
}

/** Decides in the frame that is open and lets its answer reach the page. */
async function decide(page: FakePage, form: Record<string, string>): Promise<void> {
  await Promise.resolve();
  const frame = page.frames[0]!;
  const { target, answer } = postedBy(await postForm(frame.src, form));
  expect(target).toBe(page.origin);
  const data = { type: 'platform-emulator', answer };
  page.post({ origin: new URL(frame.src).origin, source: frame.contentWindow, data });
}

const provide = (page: FakePage) => page.run(`new AnyWeb.Provider({ appId: '${appid}' })`) as Provider;

interface Provider {
  request(call: { method?: string; params?: unknown[] }): Promise<unknown>;
  on(event: string, listener: (value: unknown) => void): void;
}

const exchange = (emulator: PlatformEmulator, code: unknown) =>
  postJson(`${emulator.url}/oauth/accessToken`, { appid, secret, code });

describe('AnyWeb stand-in', () => {
  it('G1: resolves the addresses first and a code per anyweb_oauth then', async () => {
    const emulator = await start();
    const page = await load(emulator, 'anyweb.js');
    const provider = provide(page);
    await expect(provider.request({ method: 'anyweb_oauth' })).rejects.toMatchObject({ code: 4100 });
    const asked = provider.request({ method: 'cfx_accounts' });
    await decide(page, { decision: 'approve', user: 'ouyang' });
    expect(await asked).toEqual([expect.stringMatching(/^cfx:a/)]);
    expect(page.frames).toHaveLength(0);
    const codes = [
      await provider.request({ method: 'anyweb_oauth' }),
      await provider.request({ method: 'anyweb_oauth' }),
    ];
    expect(codes[0]).not.toBe(codes[1]);
    const { data } = (await exchange(emulator, codes[1])).json;
    expect(data['expiresIn']).toBeGreaterThan(1e9);
    expect(data).not.toHaveProperty('refreshToken');
    emulator.reset();
    await expect(provider.request({ method: 'anyweb_oauth' })).rejects.toMatchObject({ code: 4100 });
  });

  it('G3: resolves everything at once', async () => {
    const emulator = await start();
    const page = await load(emulator, 'anyweb.js?generation=G3');
    const provider = provide(page);
    const scopes = ['baseInfo', 'identity'];
    const asked = provider.request({
      method: 'cfx_accounts',
      params: [{ availableNetwork: [1, 1029], scopes }],
    });
    await decide(page, { decision: 'approve' });
    const result = (await asked) as { code: string };
    expect(result).toEqual({
      code: expect.any(String),
      address: [expect.stringMatching(/^cfxtest:a/)],
      networkId: 1,
      chainId: 1,
      scopes,
    });
    expect((await exchange(emulator, result.code)).json.data).toMatchObject({ expire: 7200 });
    await expect(provider.request({ method: 'anyweb_oauth' })).rejects.toMatchObject({ code: 4200 });
  });

  it('rejects like EIP-1193', async () => {
    const emulator = await start();
    const page = await load(emulator, 'anyweb.js');
    const provider = provide(page);
    const denied = provider.request({ method: 'cfx_accounts' });
    await decide(page, { decision: 'deny' });
    await expect(denied).rejects.toMatchObject({ code: 4001, message: expect.any(String) });
    await expect(provider.request({ method: 'cfx_signTypedData' })).rejects.toMatchObject({ code: 4200 });
    await expect(provider.request({})).rejects.toMatchObject({ code: 6000 });
    const greedy = provider.request({ method: 'cfx_accounts', params: [{ scopes: ['identity'] }] });
    await decide(page, {});
    await expect(greedy).rejects.toMatchObject({ code: 6000 });
  });

  it('is one provider per page, known as window.anyweb, and says when it is ready', async () => {
    const page = await load(await start(), 'anyweb.js');
    const provider = provide(page);
    const ready = new Promise((resolve) => provider.on('ready', resolve));
    await ready;
    expect(page.run('AnyWeb.Provider.ready')).toBe(true);
    expect(page.window['anyweb']).toBe(provider);
    expect(provide(page)).toBe(provider);
  });

  it('believes nobody but its own frame', async () => {
    const emulator = await start();
    const page = await load(emulator, 'anyweb.js');
    const asked = provide(page).request({ method: 'cfx_accounts' });
    await Promise.resolve();
    const frame = page.frames[0]!;
    const data = {
      type: 'platform-emulator',
      answer: { outcome: 'approved', address: ['forged'], grant: 'forged' },
    };
    page.post({ origin: 'https://attacker.example', source: frame.contentWindow, data });
    page.post({ origin: emulator.url, source: {}, data });
    page.post({ origin: emulator.url, source: frame.contentWindow, data: 'noise' });
    expect(page.frames).toHaveLength(1);
    await decide(page, { decision: 'approve' });
    expect(await asked).not.toContain('forged');
  });

  it('is served for the generations there are', async () => {
    const emulator = await start();
    expect((await ask(`${emulator.url}/__emulator/sdk/anyweb.js?generation=G4`)).status).toBe(400);
  });
});

describe('yuanzhibang stand-in', () => {
  interface Outcome {
    readonly name: string;
    readonly value?: unknown;
  }

  /** Calls requestAuthCode with some of the callbacks and collects what they are called with. */
  function call(page: FakePage, expression: string, names = ['next', 'error', 'complete']) {
    const outcomes: Outcome[] = [];
    const done = new Promise<Outcome[]>((resolve) => {
      page.window['callbacks'] = Object.fromEntries(
        names.map((name) => [
          name,
          (value: unknown) => {
            outcomes.push({ name, value });
            if (name === 'complete') resolve(outcomes);
          },
        ]),
      );
    });
    page.run(expression);
    return done;
  }

  const request = `core.requestAuthCode({ app_id: '${appId}', ...callbacks })`;

  it('calls next with the code', async () => {
    const emulator = await start();
    const page = await load(emulator, 'yuanzhibang.js');
    expect(page.run('yzb.core === core')).toBe(true);
    const outcomes = call(page, request);
    await decide(page, { decision: 'approve', user: 'alice' });
    const [next, complete] = await outcomes;
    expect([next!.name, complete!.name]).toEqual(['next', 'complete']);
    const { code } = next!.value as { code: string };
    const form = { app_id: appId, secret: appSecret, grant_type: 'authorization_code', code };
    expect((await postForm(`${emulator.url}/OAuth2/token`, form)).json).toMatchObject({ status: 2000 });
  });

  it('takes the parameters under data and next as second argument', async () => {
    const page = await load(await start(), 'yuanzhibang.js');
    const expression = `core.requestAuthCode({ data: { app_id: '${appId}' }, complete: callbacks.complete }, callbacks.next)`;
    const outcomes = call(page, expression);
    await decide(page, { decision: 'approve' });
    expect(await outcomes).toMatchObject([{ name: 'next' }, { name: 'complete' }]);
  });

  it('calls cancel on a denial, or error where there is no cancel', async () => {
    const page = await load(await start(), 'yuanzhibang.js');
    const cancelled = call(page, request, ['next', 'cancel', 'error', 'complete']);
    await decide(page, { decision: 'deny' });
    expect(await cancelled).toEqual([{ name: 'cancel' }, { name: 'complete' }]);
    const failed = call(page, request);
    await decide(page, { decision: 'deny' });
    const error = { code: '100000', description: expect.any(String), suggestion: expect.any(String) };
    expect(await failed).toEqual([{ name: 'error', value: error }, { name: 'complete' }]);
  });

  it('calls error for a missing and an unknown app', async () => {
    const page = await load(await start(), 'yuanzhibang.js');
    expect(await call(page, 'core.requestAuthCode({ ...callbacks })')).toMatchObject([
      { name: 'error', value: { code: '100001' } },
      { name: 'complete' },
    ]);
    const unknown = call(page, `core.requestAuthCode({ app_id: 'unknown', ...callbacks })`);
    await decide(page, {});
    expect(await unknown).toMatchObject([{ name: 'error', value: { code: '200000' } }, { name: 'complete' }]);
  });

  it('lets the user keep nick and avatar to themselves', async () => {
    const emulator = await start();
    const page = await load(emulator, 'yuanzhibang.js');
    const outcomes = call(page, request);
    await decide(page, { decision: 'approve', access: 'none' });
    const { code } = (await outcomes)[0]!.value as { code: string };
    const token = (fields: Record<string, string>) =>
      postForm(`${emulator.url}/OAuth2/token`, { app_id: appId, secret: appSecret, ...fields });
    const open_id = String((await token({ grant_type: 'authorization_code', code })).json.data['open_id']);
    const server = await token({ grant_type: 'client_credential' });
    const access_token = String(server.json.data['access_token']);
    const info = await postForm(`${emulator.url}/UserResource/getUserBaseInfo`, {
      app_id: appId,
      open_id,
      access_token,
    });
    expect(info.json).toMatchObject({ status: '4103' });
  });
});

describe('consent in a frame', () => {
  const consentUrl = (emulator: PlatformEmulator, origin = 'http://127.0.0.1:3000') =>
    `${emulator.url}/__emulator/sdk/yuanzhibang/consent?${new URLSearchParams({ app_id: appId, origin }).toString()}`;

  it('may be framed by anybody and has nothing inline', async () => {
    const emulator = await start();
    const page = await ask(consentUrl(emulator));
    expect(page.headers.get('content-security-policy')).toContain('frame-ancestors *');
    expect(page.headers.has('x-frame-options')).toBe(false);
    expect(page.text).not.toMatch(/<script| style=/);
    const answered = await postForm(consentUrl(emulator), { decision: 'deny' });
    expect(answered.text).toMatch(/<script src="\/__emulator\/sdk\/answer\.js"><\/script>/);
    expect((await ask(`${emulator.url}/__emulator/sdk/answer.js`)).text).toContain('postMessage');
  });

  it('answers at once when told to approve by itself', async () => {
    const emulator = await start({ autoApprove: true });
    const { answer } = postedBy(await ask(consentUrl(emulator)));
    expect(answer).toEqual({ outcome: 'approved', code: expect.any(String) });
  });

  it.each(['', '*', 'null', 'javascript:alert(1)', 'http://127.0.0.1:3000/path'])(
    'has no answer for a page of the origin "%s"',
    async (origin) => {
      const emulator = await start({ autoApprove: true });
      const page = await ask(consentUrl(emulator, origin));
      expect(page.status).toBe(400);
      expect(page.text).not.toContain('data-answer');
    },
  );

  it('refuses a form without a decision', async () => {
    const emulator = await start();
    expect((await postForm(consentUrl(emulator), {})).status).toBe(400);
  });

  it('hands out codes to pages of every origin, for a grant only', async () => {
    const emulator = await start();
    const answer = await postForm(`${emulator.url}/__emulator/sdk/anyweb/code`, { grant: 'unknown' });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('access-control-allow-origin')).toBe('*');
  });
});
