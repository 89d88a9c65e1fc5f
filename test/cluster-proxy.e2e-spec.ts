import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type RequestListener, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { freePort } from './support/plain-app.js';

interface Backend {
  readonly id: number;
  readonly port: number;
}

interface ProxyModule {
  createProxy(backends: readonly Backend[]): Server;
  drain(proxy: Server): Promise<void>;
}

const proxyModule: string = '../tools/cluster/proxy.mjs';

describe('the proxy of a cluster', () => {
  let proxies: ProxyModule;
  let servers: Server[] = [];

  beforeAll(async () => {
    proxies = (await import(proxyModule)) as ProxyModule;
  });

  afterEach(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    }
    servers = [];
  });

  async function listen(server: Server): Promise<number> {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  const backend = async (id: number, listener: RequestListener): Promise<Backend> => ({
    id,
    port: await listen(createServer(listener)),
  });

  const proxyTo = (...backends: Backend[]): Promise<number> => listen(proxies.createProxy(backends));

  const deadBackend = async (id: number): Promise<Backend> => ({ id, port: await freePort() });

  it('asks one process after the other and says who has answered', async () => {
    const ids = [1, 2, 3];
    const port = await proxyTo(
      ...(await Promise.all(ids.map((id) => backend(id, (_, to) => to.end(`from ${id}`))))),
    );
    const seen: unknown[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      const reply = await fetch(`http://127.0.0.1:${port}/`);
      seen.push([reply.headers.get('x-served-by'), await reply.text()]);
    }
    expect(seen).toEqual([1, 2, 3, 1, 2].map((id) => [String(id), `from ${id}`]));
  });

  it('hands on what was said, as it was said', async () => {
    const heard: IncomingMessage[] = [];
    const port = await proxyTo(
      await backend(1, (from, to) => {
        heard.push(from);
        void text(from).then((body) => {
          to.writeHead(418, 'Short and Stout', [
            ...['Set-Cookie', 'a=1'],
            ...['Set-Cookie', 'b=2'],
            'X-Odd',
            '%',
          ]);
          to.end(body.toUpperCase());
        });
      }),
    );
    const headers = { Host: 'app.example', 'X-Forwarded-For': '192.0.2.1', Cookie: 'c=3; d=4' };
    const call = request({ host: '127.0.0.1', port, method: 'PUT', path: '/a//b?c=%2F&d', headers }).end(
      'body',
    );
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    expect(await text(answer)).toBe('BODY');
    expect([answer.statusCode, answer.statusMessage]).toEqual([418, 'Short and Stout']);
    expect(answer.headers).toMatchObject({ 'set-cookie': ['a=1', 'b=2'], 'x-odd': '%', 'x-served-by': '1' });
    expect(heard[0]).toMatchObject({ method: 'PUT', url: '/a//b?c=%2F&d' });
    expect(heard[0]?.headers).toMatchObject({
      host: 'app.example',
      'x-forwarded-for': '192.0.2.1',
      cookie: 'c=3; d=4',
    });
  });

  it('lets answers and requests through as they come', async () => {
    const port = await proxyTo(
      await backend(1, (from, to) => {
        from.pipe(to);
      }),
    );
    const call = request({ host: '127.0.0.1', port, method: 'POST' });
    call.write('first');
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    const [chunk] = (await once(answer, 'data')) as [Buffer];
    expect(chunk.toString()).toBe('first');
    call.end('last');
    expect(await text(answer)).toBe('last');
  });

  it('goes on to the next process when one refuses the connection, with everything to say', async () => {
    const port = await proxyTo(
      await deadBackend(1),
      await deadBackend(2),
      await backend(3, (from, to) => {
        from.pipe(to);
      }),
    );
    const body = 'x'.repeat(200_000);
    const reply = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body });
    expect([reply.headers.get('x-served-by'), await reply.text()]).toEqual(['3', body]);
  });

  it('asks nobody twice: what one process may have begun is no other one’s to do', async () => {
    let others = 0;
    const port = await proxyTo(
      await backend(1, (from) => from.socket.destroy()),
      await backend(2, (_, to) => {
        others += 1;
        to.end();
      }),
    );
    const reply = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: 'once' });
    expect([reply.status, await reply.text(), others]).toEqual([502, 'Process 1 has not answered.\n', 0]);
  });

  it('does not let an answer that was cut look complete', async () => {
    const port = await proxyTo(
      await backend(1, (from, to) => {
        to.write('half', () => from.socket.destroy());
      }),
    );
    const reply = await fetch(`http://127.0.0.1:${port}/`);
    await expect(reply.text()).rejects.toThrow();
  });

  it('lets go of a process when the visitor has gone', async () => {
    const port = await proxyTo(await backend(1, () => undefined));
    const asked = once(servers[0]!, 'request');
    const call = request({ host: '127.0.0.1', port }).end();
    call.on('error', () => undefined);
    const [{ socket }] = (await asked) as [IncomingMessage];
    call.destroy();
    await once(socket, 'close');
    expect(socket.destroyed).toBe(true);
  });

  it('says so when there is nobody to ask', async () => {
    for (const port of [await proxyTo(), await proxyTo(await deadBackend(1))]) {
      const reply = await fetch(`http://127.0.0.1:${port}/`);
      expect([reply.status, await reply.text()]).toEqual([
        502,
        'No process of the cluster takes requests.\n',
      ]);
    }
  });

  it('finishes what is under way before it stops', async () => {
    const waiting: (() => void)[] = [];
    const port = await proxyTo(await backend(1, (_, to) => waiting.push(() => to.end('done'))));
    const proxy = servers.at(-1);
    const reply = fetch(`http://127.0.0.1:${port}/`);
    await once(servers[0]!, 'request');
    const stopped = proxies.drain(proxy!);
    waiting.forEach((finish) => finish());
    expect(await (await reply).text()).toBe('done');
    await stopped;
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
  });
});
