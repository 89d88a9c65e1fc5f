import { type RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from '@jest/globals';
import { caller, httpPorts } from '../testing-support/http-ports.js';
import { Loopback } from '../testing-support/servers.js';

const loopback = new Loopback();
afterEach(() => loopback.close());

describe.each(httpPorts)('over %s', (_port, make) => {
  const http = make();
  const send = caller(() => http);
  afterEach(() => http.close());

  describe('an answer', () => {
    it.each([
      ['HTML', 200, '<html></html>'],
      ['an error', 400, '{"error":"invalid_grant"}'],
      ['a failure', 503, 'busy'],
      ['nothing', 200, ''],
      ['something that is not JSON although it says so', 200, '{"cut":'],
    ])('arrives as it is: %s', async (_, status, body) => {
      const url = await loopback.serve((_request, response) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(body);
      });
      const reply = await send(url);
      expect([reply.status, reply.body.toString()]).toEqual([status, body]);
    });

    it('has its headers in lower case, repeated ones joined', async () => {
      const url = await loopback.serve((_request, response) => {
        response.setHeader('NSP_STATUS', '6').setHeader('Set-Cookie', ['a=1', 'b=2']).end('x');
      });
      expect((await send(url)).headers).toMatchObject({ nsp_status: '6', 'set-cookie': 'a=1, b=2' });
    });

    it('is unpacked', async () => {
      const url = await loopback.serve((_request, response) => {
        response.setHeader('content-encoding', 'gzip').end(gzipSync('{"a":1}'));
      });
      expect((await send(url)).body.toString()).toBe('{"a":1}');
    });

    it.each([301, 302, 303, 307, 308])('of %i is not followed', async (status) => {
      const seen: string[] = [];
      const url = await loopback.serve((request, response) => {
        seen.push(request.url ?? '');
        response.writeHead(status, { location: '/elsewhere' }).end();
      });
      const reply = await send(url, { method: 'POST', body: 'client_secret=s' });
      expect([reply.status, reply.headers['location'], seen]).toEqual([status, '/elsewhere', ['/token']]);
    });
  });

  describe('a request', () => {
    it('is sent as it was written, and nothing is added that tells of us', async () => {
      let seen: unknown;
      const url = await loopback.serve((request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          const { method, headers } = request;
          seen = { method, headers, body: Buffer.concat(chunks).toString() };
          response.end('ok');
        });
      });
      const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
      const agent = { 'user-agent': 'nestjs-oauth-providers' };
      await send(url, { method: 'POST', headers: { ...headers, ...agent }, body: 'code=a%2Bb%2F%3D' });
      expect(seen).toEqual({
        method: 'POST',
        headers: {
          ...headers,
          ...agent,
          'content-length': '16',
          'accept-encoding': expect.any(String),
          host: expect.any(String),
          connection: 'keep-alive',
        },
        body: 'code=a%2Bb%2F%3D',
      });
    });

    it('of GET may name a content type, which WPS asks for', async () => {
      let type: string | undefined;
      const url = await loopback.serve((request, response) => {
        type = request.headers['content-type'];
        response.end('ok');
      });
      await send(url, { headers: { 'content-type': 'application/json' } });
      expect(type).toBe('application/json');
    });

    it('may carry bytes', async () => {
      const bytes = Buffer.from([0, 255, 13, 10, 128]);
      let seen = Buffer.alloc(0);
      const url = await loopback.serve((request, response) => {
        request.on('data', (chunk: Buffer) => (seen = Buffer.concat([seen, chunk])));
        request.on('end', () => response.end('ok'));
      });
      await send(url, {
        method: 'POST',
        headers: { 'content-type': 'multipart/form-data' },
        body: bytes,
      });
      expect(seen).toEqual(bytes);
    });

    it('does not go through a proxy that the environment names', async () => {
      const url = await loopback.serve((_request, response) => response.end('direct'));
      const before = process.env['HTTP_PROXY'];
      process.env['HTTP_PROXY'] = 'http://127.0.0.1:1';
      const reply = await send(url).finally(() => {
        if (before === undefined) delete process.env['HTTP_PROXY'];
        else process.env['HTTP_PROXY'] = before;
      });
      expect(reply.body.toString()).toBe('direct');
    });
  });

  describe('too large', () => {
    it.each<[string, RequestListener]>([
      [
        'declared',
        (_request, response) =>
          response.writeHead(200, { 'content-length': '10001' }).end('x'.repeat(10_001)),
      ],
      ['in one piece', (_request, response) => response.end('x'.repeat(10_001))],
      [
        'without end',
        (_request, response) => {
          const more = (): void => {
            if (!response.destroyed) response.write('x'.repeat(4096), more);
          };
          more();
        },
      ],
      [
        'once unpacked',
        (_request, response) =>
          response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(5_000_000))),
      ],
      ['and a failure', (_request, response) => response.writeHead(500).end('x'.repeat(10_001))],
    ])('%s', async (_, listener) => {
      expect(await loopback.failureOf(send(await loopback.serve(listener)))).toEqual(['too_large', true]);
    });

    it('but not at the limit', async () => {
      const url = await loopback.serve((_request, response) => response.end('x'.repeat(10_000)));
      expect((await send(url)).body).toHaveLength(10_000);
    });
  });

  describe('too late', () => {
    it('no answer', async () => {
      const url = await loopback.serve(() => undefined);
      expect(await loopback.failureOf(send(url, { timeoutMs: 300 }))).toEqual(['timeout', true]);
    });

    it('an answer that drips', async () => {
      const url = await loopback.serve((_request, response) => {
        const drip = setInterval(() => response.write('x'), 10);
        response.on('close', () => clearInterval(drip));
      });
      expect(await loopback.failureOf(send(url, { timeoutMs: 300 }))).toEqual(['timeout', true]);
    });

    it('a connection that is never made: nothing was sent', async () => {
      const port = await loopback.listen(createTcpServer());
      expect(await loopback.failureOf(send(`https://127.0.0.1:${port}/`, { timeoutMs: 50 }))).toEqual([
        'timeout',
        false,
      ]);
    });
  });

  describe('aborted', () => {
    it('while waiting', async () => {
      const controller = new AbortController();
      const url = await loopback.serve(() => controller.abort());
      expect(await loopback.failureOf(send(url, { signal: controller.signal }))).toEqual(['aborted', true]);
    });

    it('before it began: nothing was sent', async () => {
      let asked = 0;
      const url = await loopback.serve(() => (asked += 1));
      expect(await loopback.failureOf(send(url, { signal: AbortSignal.abort() }))).toEqual([
        'aborted',
        false,
      ]);
      expect(asked).toBe(0);
    });
  });

  describe('cut', () => {
    it.each<[string, RequestListener]>([
      ['before the answer', (request) => request.socket.destroy()],
      ['by a reset', (request) => request.socket.resetAndDestroy()],
      [
        'within the headers',
        (request) => {
          request.socket.end('HTTP/1.1 200 OK\r\nContent-Le');
        },
      ],
      [
        'within the body',
        (_request, response) => {
          response.writeHead(200, { 'content-length': '100' });
          response.write('{"access_token":', () => response.destroy());
        },
      ],
      [
        'within a chunk',
        (request) => {
          request.socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc');
        },
      ],
      [
        'by something that is no HTTP',
        (request) => {
          request.socket.end('garbage\r\n\r\n');
        },
      ],
      [
        'in effect, by something that cannot be unpacked',
        (_request, response) => response.setHeader('content-encoding', 'gzip').end('not packed'),
      ],
    ])('%s', async (_, listener) => {
      expect(await loopback.failureOf(send(await loopback.serve(listener)))).toEqual(['reset', true]);
    });
  });
});
