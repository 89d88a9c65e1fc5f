import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from './cluster/cluster.js';
import { describeWithStores, type SharedServer } from './cluster/stores.js';
import { Browser } from './support/browser.js';
import { consent } from './support/consent.js';
import { until } from './support/until.js';

const starting = 180_000;
const brokerKey = 'the key of other services';

interface Readiness {
  readonly status: string;
  readonly error: Readonly<Record<string, unknown>>;
}

/** The processes on a store that is not theirs: it goes and comes back, and it is there longer than they are. */
describeWithStores(
  'a cluster that outlives its store, and the other way round,',
  ({ kind, variable, start }) => {
    let server: SharedServer;
    let cluster: Cluster;
    let data: string;
    const browser = new Browser();

    const run = (): Promise<Cluster> =>
      Cluster.start([], { [variable]: server.url, DATA_DIR: data, BROKER_KEY: brokerKey }, 2);

    beforeAll(async () => {
      data = await mkdtemp(join(tmpdir(), 'cluster-data-'));
      server = await start();
      cluster = await run();
    }, starting);

    afterAll(async () => {
      await cluster.remove();
      await server.stop();
      await rm(data, { recursive: true });
    }, starting);

    const everywhere = <T>(ask: (url: string) => Promise<T>): Promise<T[]> =>
      Promise.all(cluster.members.map(({ url }) => ask(url)));

    async function readiness(url: string): Promise<[number, Readiness]> {
      const reply = await new Browser().visit(`${url}/readyz`);
      return [reply.status, JSON.parse(reply.text) as Readiness];
    }

    async function appToken(url: string): Promise<[number, string]> {
      const headers = { authorization: `Bearer ${brokerKey}` };
      const reply = await new Browser().visit(`${url}/broker/tokens/anyweb/app`, { headers });
      return [reply.status, (JSON.parse(reply.text) as { accessToken: string }).accessToken];
    }

    const whoAmI = async (): Promise<number> => {
      const reply = await browser.visit(`${cluster.url}/api/me`, { headers: { accept: 'application/json' } });
      return reply.status;
    };

    it('names the store without showing where it is', () => {
      expect(cluster.output).toContain(`store ${kind} named by ${variable}\n`);
      expect(cluster.output).not.toContain(server.url);
    });

    it('is not ready while the store is gone, and hands out the tokens that it knows meanwhile', async () => {
      await browser.visit(await consent(browser, await browser.visit(`${cluster.url}/auth/wps`)));
      const [[, token]] = (await everywhere(appToken)) as [[number, string], ...unknown[]];
      expect(await everywhere(readiness)).toMatchObject([
        [200, { status: 'ok' }],
        [200, { status: 'ok' }],
      ]);
      await server.down();
      await until(async () => (await everywhere(readiness)).every(([status]) => status === 503));
      for (const [, answer] of await everywhere(readiness)) {
        expect(answer).toMatchObject({ status: 'error', error: { store: { status: 'down' } } });
      }
      expect(await everywhere(appToken)).toEqual([
        [200, token],
        [200, token],
      ]);
      expect((await new Browser().visit(`${cluster.url}/healthz`)).status).toBe(200);
      // Sessions lie in the store: nobody is taken for signed out because of that.
      expect(await whoAmI()).toBe(503);
      await server.up();
      await until(async () => (await everywhere(readiness)).every(([status]) => status === 200));
      expect([await whoAmI(), await whoAmI()]).toEqual([200, 200]);
    });

    it(
      'knows everybody again when it is started anew on the same store',
      async () => {
        expect(await cluster.stop()).toBe(0);
        expect(await cluster.leftovers()).toEqual([]);
        expect(await readdir(data)).toEqual(['demo-secrets.json']);
        await cluster.remove();
        const secrets = await readFile(join(data, 'demo-secrets.json'), 'utf8');
        const visited = cluster.url;
        cluster = await run();
        expect(await readFile(join(data, 'demo-secrets.json'), 'utf8')).toBe(secrets);
        // Cookies know hosts and no ports.
        expect(new URL(cluster.url).hostname).toBe(new URL(visited).hostname);
        expect([await whoAmI(), await whoAmI()]).toEqual([200, 200]);
      },
      starting,
    );
  },
);
