import { type RequestListener } from 'node:http';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { caller, exchange, httpPorts, loadHttpPorts, type MadePort } from '../testing-support/http-ports.js';
import { Loopback } from '../testing-support/servers.js';
import { Exchange } from './undici-adapter-exchange.js';

const loopback = new Loopback();
let http: MadePort;

beforeAll(loadHttpPorts);
afterEach(async () => {
  http.close();
  await loopback.close();
});

const send = caller(() => http, exchange);

/** A server that says these bytes to every request; gives its URL and what it was sent. */
async function raw(answer: (socket: Socket) => void): Promise<{ url: string; heard: () => string }> {
  let heard = '';
  const server = createTcpServer((socket) => {
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      answer(socket);
    });
  });
  return { url: `http://127.0.0.1:${await loopback.listen(server)}/token`, heard: () => heard };
}

/** Writes the same again and again for as long as anybody reads it. */
function flood(socket: Socket, piece: string): void {
  const more = (): void => {
    if (!socket.destroyed) socket.write(piece.repeat(200), () => setImmediate(more));
  };
  more();
}

const says = (text: string) => (socket: Socket) => void socket.write(text);
const ends = (text: string) => (socket: Socket) => void socket.end(text);

describe.each(httpPorts)('over %s', (_port, make) => {
  beforeEach(() => {
    http = make();
  });

  describe('an answer', () => {
    it.each<[string, string, string | undefined]>([
      ['after early hints', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', undefined],
      ['after progress', 'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n', undefined],
    ])('comes %s', async (_, before) => {
      const { url } = await raw(says(`${before}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok`));
      expect((await send(url)).body.toString()).toBe('ok');
    });

    it.each([
      [
        'chunked',
        'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;a=b\r\no\r\n1\r\nk\r\n0\r\nx: y\r\n\r\n',
      ],
      ['of HTTP/1.0, which ends with the connection', 'HTTP/1.0 200 OK\r\n\r\nok'],
      ['without a length, which ends with the connection', 'HTTP/1.1 200 OK\r\n\r\nok'],
      ['without a reason', 'HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok'],
    ])('is read: %s', async (_, text) => {
      const { url } = await raw(ends(text));
      expect((await send(url)).body.toString()).toBe('ok');
    });

    it.each([204, 304])('of %i has no body', async (status) => {
      const { url } = await raw(says(`HTTP/1.1 ${status} x\r\netag: "a"\r\n\r\n`));
      expect(await send(url)).toEqual({ status, headers: { etag: '"a"' }, body: Buffer.alloc(0) });
    });

    it('may be complete before the request has been read', async () => {
      const url = await loopback.serve((_request, response) => response.writeHead(413).end('no'));
      const body = 'x'.repeat(4_000_000);
      expect(await send(url, { body })).toMatchObject({ status: 413, body: Buffer.from('no') });
    });

    it('has repeated headers joined, and the first of those that must not be repeated', async () => {
      const head =
        'x-a: 1\r\nX-A: 2\r\nlocation: /one\r\nLocation: /two\r\ncontent-type: a/b\r\nContent-Type: c/d';
      const { url } = await raw(says(`HTTP/1.1 302 Found\r\n${head}\r\ncontent-length: 0\r\n\r\n`));
      expect((await send(url)).headers).toMatchObject({
        'x-a': '1, 2',
        location: '/one',
        'content-type': 'a/b',
      });
    });

    it.each<[string, Buffer]>([
      ['gzip', gzipSync('{"a":1}')],
      ['GZIP', gzipSync('{"a":1}')],
      ['x-gzip', gzipSync('{"a":1}')],
      // The end of the last block is missing; the text is there.
      ['gzip', gzipSync('{"a":1}').subarray(0, -8)],
      ['deflate', deflateSync('{"a":1}')],
      ['deflate', deflateRawSync('{"a":1}')],
      ['br', brotliCompressSync('{"a":1}')],
      ['identity', Buffer.from('{"a":1}')],
    ])('is unpacked: %s', async (encoding, packed) => {
      const url = await loopback.serve((_request, response) =>
        response.setHeader('content-encoding', encoding).end(packed),
      );
      expect((await send(url)).body.toString()).toBe('{"a":1}');
    });

    it('may be empty where it says that it is packed', async () => {
      const url = await loopback.serve((_request, response) =>
        response.setHeader('content-encoding', 'gzip').end(),
      );
      expect((await send(url)).body).toHaveLength(0);
    });
  });

  describe('too large', () => {
    it.each<[string, RequestListener]>([
      ['headers', (_request, response) => response.setHeader('x', 'x'.repeat(20_000)).end()],
      [
        'headers without end',
        ({ socket }) => {
          socket.write('HTTP/1.1 200 OK\r\n');
          flood(socket, 'x: y\r\n');
        },
      ],
      [
        'once unpacked: br',
        (_request, response) =>
          response.setHeader('content-encoding', 'br').end(brotliCompressSync(Buffer.alloc(5_000_000))),
      ],
      [
        'once unpacked: deflate',
        (_request, response) =>
          response.setHeader('content-encoding', 'deflate').end(deflateSync(Buffer.alloc(5_000_000))),
      ],
    ])('%s', async (_, listener) => {
      expect(await loopback.failureOf(send(await loopback.serve(listener)))).toEqual(['too_large', true]);
    });
  });

  describe('cut or wrong', () => {
    it.each<[string, (socket: Socket) => void]>([
      ['a connection that ends at once', ends('')],
      ['a reset in the headers', (socket) => socket.write('HTTP/1.1 200 O', () => socket.resetAndDestroy())],
      [
        'a reset in the body',
        (socket) =>
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab', () => socket.resetAndDestroy()),
      ],
      ['a body shorter than it says', ends('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab')],
      ['garbage between chunks', says('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n')],
      ['two lengths', says('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab')],
      ['a header that is none', says('HTTP/1.1 200 OK\r\n\u0000\r\n\r\n')],
      ['an upgrade nobody asked for', says('HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n')],
      ['a go-ahead nobody asked for', says('HTTP/1.1 100 Continue\r\n\r\n')],
      [
        'an unknown encoding',
        says('HTTP/1.1 200 OK\r\ncontent-encoding: zip\r\ncontent-length: 2\r\n\r\nok'),
      ],
      ['two encodings', says('HTTP/1.1 200 OK\r\ncontent-encoding: gzip, br\r\ncontent-length: 2\r\n\r\nok')],
      ['HTTP/2', says('\u0000\u0000\u0000\u0004\u0000\u0000\u0000\u0000\u0000')],
    ])('%s', async (_, answer) => {
      expect(await loopback.failureOf(send((await raw(answer)).url))).toEqual(['reset', true]);
    });

    it.each([
      ['endless early hints', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
      ['an endless chunk extension', ';x=y'],
    ])('%s are ended by the deadline', async (_, piece) => {
      const { url } = await raw((socket) => {
        if (piece.startsWith(';')) socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1');
        flood(socket, piece);
      });
      expect(await loopback.failureOf(send(url, { timeoutMs: 300 }))).toEqual(['timeout', true]);
    });
  });

  describe('aborted', () => {
    it('within the answer', async () => {
      const controller = new AbortController();
      const { url } = await raw((socket) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab', () => controller.abort());
      });
      expect(await loopback.failureOf(send(url, { signal: controller.signal }))).toEqual(['aborted', true]);
    });

    it('after the answer changes nothing, and nothing listens any more', async () => {
      const controller = new AbortController();
      const url = await loopback.serve((_request, response) => response.end('ok'));
      const reply = await send(url, { signal: controller.signal });
      controller.abort();
      expect(reply.body.toString()).toBe('ok');
    });

    it('by letting go of all connections', async () => {
      const { url } = await raw(() => http.close());
      expect(await loopback.failureOf(send(url))).toEqual(['aborted', true]);
    });

    it('is a request whose time is up when its connection is there: it is not written', () => {
      const options = { method: 'POST', path: '/' } as const;
      const exchange = new Exchange({ options, maxBytes: 1, deadlineAt: performance.now() });
      let aborted = 0;
      let ended: unknown;
      exchange.whenEnded((ending) => (ended = ending));
      exchange.onRequestStart({
        aborted: false,
        paused: false,
        reason: null,
        abort: () => (aborted += 1),
        pause: () => undefined,
        resume: () => undefined,
      });
      expect(aborted).toBe(1);
      expect(ended).toMatchObject({ failure: { reason: 'timeout', sent: false } });
    });
  });

  describe('a request', () => {
    it.each([
      ['a header', { 'x-a': 'a\r\nx-b: c' }],
      ['the name of a header', { 'x-a: b\r\nx-b': 'c' }],
    ])('cannot be split by %s', async (_, headers: Record<string, string>) => {
      const { url, heard } = await raw(says('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
      await send(url, { headers }).catch(() => undefined);
      expect(heard()).not.toMatch(/^x-b:/im);
    });

    it('goes to the host of its URL, whatever its headers say', async () => {
      const { url, heard } = await raw(says('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
      await send(`${url}?a=%20b`, { headers: { Host: 'evil.example' } });
      expect(heard()).toContain(`host: ${new URL(url).host}\r\n`);
      expect(heard()).toMatch(/^POST \/token\?a=%20b HTTP\/1\.1\r\n/);
      expect(heard()).not.toContain('evil');
    });

    it('does not go through a proxy that the environment names', async () => {
      const names = ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'HTTPS_PROXY'];
      const before = names.map((name) => process.env[name]);
      const { url } = await raw(says('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
      for (const name of names) process.env[name] = 'http://127.0.0.1:1';
      const reply = await send(url).finally(() => {
        for (const [at, name] of names.entries()) {
          if (before[at] === undefined) Reflect.deleteProperty(process.env, name);
          else process.env[name] = before[at];
        }
      });
      expect(reply.status).toBe(200);
    });

    it('leaves the fetch of the process alone', () => {
      const dispatcher = Symbol.for('undici.globalDispatcher.1');
      expect(Reflect.get(globalThis, dispatcher)).toBeUndefined();
    });
  });
});
