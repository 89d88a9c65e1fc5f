import { once } from 'node:events';
import { type Server, createServer } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { caller, exchange, httpPorts, loadHttpPorts, type MadePort } from '../testing-support/http-ports.js';
import { Loopback } from '../testing-support/servers.js';

const loopback = new Loopback();
let http: MadePort;

beforeAll(loadHttpPorts);
afterEach(async () => {
  jest.restoreAllMocks();
  http.close();
  await loopback.close();
});

const send = caller(() => http, exchange);

/** A server that tells apart its connections, and what it does with the next request. */
class Counting {
  readonly sockets: Socket[] = [];
  /** For each request, the connection it came over and what it says of it. */
  readonly requests: [number, string][] = [];
  headers: Record<string, string> = {};
  onRequest: ((socket: Socket) => void) | undefined;
  url = '';

  static async start(): Promise<Counting> {
    const counting = new Counting();
    const server: Server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
      const { socket } = request;
      counting.requests.push([counting.sockets.indexOf(socket), request.headers.connection ?? '']);
      if (counting.onRequest !== undefined) counting.onRequest(socket);
      else response.writeHead(200, counting.headers).end('ok');
    });
    server.on('connection', (socket: Socket) => counting.sockets.push(socket));
    counting.url = `http://127.0.0.1:${await loopback.listen(server)}/token`;
    return counting;
  }

  /** Closes a connection that rests, and waits until the other side has let go of it, too. */
  async closeResting(at: number, how: 'end' | 'resetAndDestroy' = 'end'): Promise<void> {
    const socket = this.sockets[at];
    if (socket === undefined) throw new Error('no such connection');
    const closed = once(socket, 'close');
    socket[how]();
    await closed;
  }
}

/** Lets so much time pass for the library. */
function advance(ms: number): void {
  const now = performance.now();
  jest.spyOn(performance, 'now').mockReturnValue(now + ms);
}

describe.each(httpPorts)('over %s', (_port, make) => {
  beforeEach(() => {
    http = make();
  });

  describe('a connection', () => {
    it('is used again, by POST and GET alike', async () => {
      const server = await Counting.start();
      await send(server.url);
      await send(server.url);
      await send(server.url, { method: 'GET' });
      expect(server.requests.map(([socket]) => socket)).toEqual([0, 0, 0]);
    });

    it.each<[string | undefined, number, number]>([
      [undefined, 900, 1],
      [undefined, 1_001, 2],
      ['timeout=60', 3_900, 1],
      ['timeout=60', 4_001, 2],
      ['timeout=5, max=9', 2_400, 1],
      ['timeout=5', 2_501, 2],
      ['timeout=2', 990, 1],
      ['timeout=2', 1_001, 2],
      ['timeout=1', 0, 2],
      ['timeout=0', 0, 2],
    ])('whose server promises %j is, after %i ms of rest, one of %i', async (promise, ms, connections) => {
      const server = await Counting.start();
      server.headers = promise === undefined ? {} : { connection: 'keep-alive', 'keep-alive': promise };
      await send(server.url);
      advance(ms);
      await send(server.url);
      expect(server.sockets).toHaveLength(connections);
    });

    it('is not used again where the server says so', async () => {
      const server = await Counting.start();
      server.headers = { connection: 'close' };
      await send(server.url);
      await send(server.url);
      expect(server.requests.map(([socket]) => socket)).toEqual([0, 1]);
    });

    it('is not shared between calls of different reach', async () => {
      const server = await Counting.start();
      await send(server.url);
      await send(server.url, { reach: 'private' });
      expect(server.sockets).toHaveLength(2);
    });

    it.each(['end', 'resetAndDestroy'] as const)(
      'that the server closed while it rested (%s) fails no call, and none is used again for a while',
      async (how) => {
        const server = await Counting.start();
        await send(server.url);
        await server.closeResting(0, how);
        await send(server.url);
        await send(server.url);
        expect(server.requests).toEqual([
          [0, 'keep-alive'],
          [1, 'close'],
          [2, 'close'],
        ]);
        advance(60_001);
        await send(server.url);
        await send(server.url);
        expect(server.requests.slice(3)).toEqual([
          [3, 'keep-alive'],
          [3, 'keep-alive'],
        ]);
      },
    );

    it('that dies under a request is a doubt: nothing is sent again', async () => {
      const server = await Counting.start();
      await send(server.url);
      server.onRequest = (socket) => socket.destroy();
      expect(await loopback.failureOf(send(server.url))).toEqual(['reset', true]);
      server.onRequest = undefined;
      await send(server.url);
      expect(server.requests.map(([socket, connection]) => [socket, connection])).toEqual([
        [0, 'keep-alive'],
        [0, 'keep-alive'],
        [1, 'close'],
      ]);
    });

    it('on which something came unasked is not used again, and what came is no answer', async () => {
      let connections = 0;
      const server = createTcpServer((socket) => {
        connections += 1;
        const own = connections;
        socket.on('data', () => {
          const answer = `HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n${own}`;
          socket.write(own === 1 ? answer + answer.slice(0, -1) + '!' : answer);
        });
      });
      const url = `http://127.0.0.1:${await loopback.listen(server)}/`;
      const first = await send(url).then(
        ({ body }) => body.toString(),
        () => 'refused',
      );
      expect(first).not.toBe('!');
      expect((await send(url)).body.toString()).toBe('2');
    });

    it('that nobody promised to keep is used again only when it has outlasted its answer', async () => {
      let connections = 0;
      const server = createTcpServer((socket) => {
        connections += 1;
        socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
      });
      const url = `http://127.0.0.1:${await loopback.listen(server)}/`;
      await send(url);
      await send(url);
      expect(connections).toBe(2);
      advance(101);
      await send(url);
      expect(connections).toBe(2);
      // Now it is known that this server keeps connections.
      await send(url);
      await send(url);
      expect(connections).toBe(2);
    });

    it('that rested until its time was up shows that the server keeps connections', async () => {
      const closed: Promise<unknown>[] = [];
      const server = createTcpServer((socket) => {
        closed.push(once(socket, 'close'));
        socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
      });
      const url = `http://127.0.0.1:${await loopback.listen(server)}/`;
      await send(url);
      await closed[0];
      await send(url);
      await send(url);
      expect(closed).toHaveLength(2);
    });

    it('that a server ends with every answer without saying so fails no call', async () => {
      let requests = 0;
      const server = createTcpServer((socket) => {
        socket.on('data', () => {
          requests += 1;
          socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
        });
      });
      const url = `http://127.0.0.1:${await loopback.listen(server)}/`;
      for (let call = 0; call < 50; call += 1) expect((await send(url)).status).toBe(200);
      expect(requests).toBe(50);
    });
  });

  describe('many calls at once', () => {
    it('share a bounded number of connections, and none waits for a slow one', async () => {
      const server = createServer();
      const url = `http://127.0.0.1:${await loopback.listen(server)}/`;
      let connections = 0;
      server.on('connection', () => (connections += 1));
      const held: (() => void)[] = [];
      server.on('request', (_request, response) => {
        held.push(() => response.end('ok'));
        if (held.length === 128) for (const answer of held.splice(1)) answer();
      });
      let done = 0;
      const calls = Array.from({ length: 255 }, () => send(url).then(() => (done += 1)));
      // The first answer is held back; 127 others come, then 127 more requests over their connections.
      while (done < 254) await new Promise(setImmediate);
      for (const answer of held.splice(0)) answer();
      await Promise.all(calls);
      expect([done, connections]).toEqual([255, 128]);
    });

    it('that wait for a connection end with their own time, unsent', async () => {
      const server = createServer();
      const url = `http://127.0.0.1:${await loopback.listen(server)}/`;
      const all: ((value: unknown) => void)[] = [];
      let asked = 0;
      const full = new Promise((resolve) => all.push(resolve));
      server.on('request', () => {
        asked += 1;
        if (asked === 128) all[0]?.(undefined);
      });
      const busy = Array.from({ length: 128 }, () => loopback.failureOf(send(url)));
      await full;
      const controller = new AbortController();
      const late = [
        loopback.failureOf(send(url, { timeoutMs: 20 })),
        loopback.failureOf(send(url, { signal: controller.signal })),
      ];
      expect(await late[0]).toEqual(['timeout', false]);
      controller.abort();
      expect(await late[1]).toEqual(['aborted', false]);
      const left = loopback.failureOf(send(url));
      await new Promise(setImmediate);
      http.close();
      expect(await left).toEqual(['aborted', false]);
      expect(new Set((await Promise.all(busy)).map(String))).toEqual(new Set(['aborted,true']));
      expect(asked).toBe(128);
    });
  });

  describe('nothing is left', () => {
    const held = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

    it('that keeps the process alive while connections rest', async () => {
      // Tests of other files, which have run in this process before, may have left something of theirs.
      const before = held();
      const server = await Counting.start();
      await send(server.url);
      for (const socket of server.sockets) socket.unref();
      // undici lets go of it a moment after the answer.
      while (held() > before) await new Promise(setImmediate);
      expect(server.sockets[0]?.destroyed).toBe(false);
    });

    it('open after letting go, and the next call finds its way', async () => {
      const server = await Counting.start();
      await send(server.url);
      const closed = once(server.sockets[0]!, 'close');
      http.close();
      await closed;
      expect((await send(server.url)).status).toBe(200);
    });
  });
});
