import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Cluster, type Member } from './cluster/cluster.js';
import { describeWithStores } from './cluster/stores.js';
import { Browser, locationOf, type Reply } from './support/browser.js';
import { consent } from './support/consent.js';
import { until } from './support/until.js';

const starting = 180_000;

interface Tokens {
  readonly tokens: readonly { readonly state: string; readonly renewsAt: string }[];
}

describeWithStores('a cluster', ({ kind }) => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await Cluster.start([`--store=${kind}`]);
  }, starting);

  afterAll(() => cluster.remove(), starting);

  const served = (reply: Reply): string => reply.headers.get('x-served-by') ?? 'nobody';
  const asJson = { headers: { accept: 'application/json' } };

  /** Signs in as a person does, and says which processes took part. */
  async function signIn(browser: Browser, provider: string): Promise<string[]> {
    const start = await browser.visit(`${cluster.url}/auth/${provider}?returnTo=/`);
    const done = await browser.visit(await consent(browser, start));
    expect([done.status, locationOf(done)]).toEqual([302, `${cluster.url}/`]);
    return [served(start), served(done)];
  }

  const me = (browser: Browser, url = cluster.url): Promise<Reply> => browser.visit(`${url}/api/me`, asJson);

  async function statusesAt(browser: Browser, path: string, members = cluster.members): Promise<number[]> {
    const replies = await Promise.all(members.map(({ url }) => browser.visit(url + path, asJson)));
    return replies.map(({ status }) => status);
  }

  async function refreshes(): Promise<number> {
    const { requests } = JSON.parse(
      (await new Browser().visit(`${cluster.emulator}/__emulator/log`)).text,
    ) as {
      requests: { provider: string; path: string }[];
    };
    return requests.filter(({ provider, path }) => provider === 'wps' && path === '/oauth2/token').length;
  }

  it('says what it is made of', () => {
    expect(cluster.members.map(({ id }) => id)).toEqual(['1', '2', '3']);
    expect(cluster.output).toContain(`emulator ready at ${cluster.emulator}\n`);
    expect(cluster.output).toContain(`store ${kind} of this run alone\n`);
    expect(cluster.output).toMatch(new RegExp(`^cluster ready at ${cluster.url}$`, 'm'));
    // Nothing to warn of: neither risks of the store, which are logged, nor what Node itself has to say.
    expect(cluster.output).not.toMatch(/\bWARN\b|\(node:\d+\)/);
  });

  it.each(['wps', 'huawei'])('lets every step of a login with %s go to another process', async (provider) => {
    const browser = new Browser();
    const took = await signIn(browser, provider);
    const use = await me(browser);
    expect(JSON.parse(use.text)).toMatchObject({ user: { provider } });
    expect([...took, served(use)].sort()).toEqual(['1', '2', '3']);
    expect(await statusesAt(browser, '/api/me')).toEqual([200, 200, 200]);
  });

  it('takes the code that a page hands in at another process than the one that began', async () => {
    const browser = new Browser();
    const begun = await browser.visit(`${cluster.url}/auth/anyweb/attempts`, { json: {} });
    const { state } = JSON.parse(begun.text) as { state: string };
    const issued = await browser.visit(`${cluster.emulator}/__emulator/codes/anyweb`, { json: {} });
    const { code } = JSON.parse(issued.text) as { code: string };
    const callback = `${cluster.url}/auth/anyweb/callback`;
    const done = await browser.visit(callback, { json: { code, state }, ...asJson });
    expect([done.status, served(done) === served(begun)]).toEqual([200, false]);
    // And nobody takes it a second time.
    const again = await browser.visit(callback, { json: { code, state }, ...asJson });
    expect(again.status).toBe(400);
  });

  it('shows a token that one process has renewed at all others, who do not renew it again', async () => {
    const browser = new Browser();
    await signIn(browser, 'wps');
    const [first, ...others] = cluster.members as [Member, ...Member[]];
    const tokensAt = async ({ url }: Member): Promise<Tokens> =>
      JSON.parse((await browser.visit(`${url}/api/tokens`, asJson)).text) as Tokens;
    const before = await tokensAt(first);
    const asked = await refreshes();
    const renewed = await browser.visit(`${first.url}/api/tokens/wps/refresh`, { method: 'POST', ...asJson });
    expect(renewed.status).toBe(200);
    expect(JSON.parse(renewed.text)).not.toEqual(before.tokens[0]);
    for (const other of others) {
      expect(await tokensAt(other)).toEqual({ tokens: [JSON.parse(renewed.text)] });
    }
    expect(await statusesAt(browser, '/api/providers/wps/profile')).toEqual([200, 200, 200]);
    expect(await refreshes()).toBe(asked + 1);
  });

  it('keeps a grant that all processes want renewed at the same time', async () => {
    const browser = new Browser();
    await signIn(browser, 'wps');
    const all = await Promise.all(
      cluster.members.map(({ url }) =>
        browser.visit(`${url}/api/tokens/wps/refresh`, { method: 'POST', ...asJson }),
      ),
    );
    expect(all.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await statusesAt(browser, '/api/providers/wps/profile')).toEqual([200, 200, 200]);
  });

  it('signs out everywhere', async () => {
    const browser = new Browser();
    await signIn(browser, 'huawei');
    // The session itself, and not only the browser's memory of it.
    const copy = new Browser();
    for (const [name, value] of Object.entries(await browser.cookies(cluster.url))) {
      await copy.jar.setCookie(`${name}=${value}`, cluster.url);
    }
    expect(await statusesAt(copy, '/api/me')).toEqual([200, 200, 200]);
    const out = await browser.visit(`${cluster.url}/auth/logout`, { method: 'POST', ...asJson });
    expect(out.status).toBe(204);
    expect(await statusesAt(copy, '/api/me')).toEqual([401, 401, 401]);
  });

  it('is ready with every process', async () => {
    for (const { url } of cluster.members) {
      const reply = await new Browser().visit(`${url}/readyz`);
      expect(JSON.parse(reply.text)).toMatchObject({
        status: 'ok',
        details: { store: { status: 'up', risks: [] }, unsaved: { status: 'up', grants: 0 } },
      });
    }
  });

  it('goes on without a process that was killed', async () => {
    const browser = new Browser();
    await signIn(browser, 'wps');
    const [dead] = cluster.members as [Member];
    process.kill(dead.pid, 'SIGKILL');
    await until(() =>
      cluster.output.includes(`process 1 (pid ${dead.pid}) has ended (SIGKILL); the others go on.`),
    );
    const replies: Reply[] = [];
    for (let turn = 0; turn < 6; turn += 1) replies.push(await me(browser));
    expect(replies.map(({ status }) => status)).toEqual(replies.map(() => 200));
    expect([...new Set(replies.map(served))].sort()).toEqual(['2', '3']);
    await signIn(new Browser(), 'huawei');
  });

  it('stops at Ctrl-C and leaves nothing behind', async () => {
    const { members } = cluster;
    expect(await cluster.stop()).toBe(0);
    const alive = members.filter(({ pid }) => isAlive(pid));
    expect(alive).toEqual([]);
    await Promise.all(
      [cluster.url, cluster.emulator, ...members.map(({ url }) => url)].map((url) =>
        expect(fetch(url)).rejects.toThrow(),
      ),
    );
    expect(await cluster.leftovers()).toEqual([]);
    expect(cluster.output).not.toMatch(/\bERROR\b|unhandled|at .*\.js:\d+/i);
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
