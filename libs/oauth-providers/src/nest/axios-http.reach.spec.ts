import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type HttpRequest } from '../core/ports.js';
import { caller, httpPorts } from '../testing-support/http-ports.js';
import { Loopback } from '../testing-support/servers.js';

const loopback = new Loopback();
afterEach(() => loopback.close());

describe.each(httpPorts)('over %s', (_port, make) => {
  const http = make();
  const send = caller(() => http);
  afterEach(() => http.close());

  describe('not reached', () => {
    it.each(['127.0.0.1', 'localhost'])('a port of %s where nobody listens', async (host) => {
      const server = createServer();
      const port = await loopback.listen(server);
      await new Promise((resolve) => server.close(resolve));
      expect(await loopback.failureOf(send(`http://${host}:${port}/`))).toEqual(['unreachable', false]);
    });

    it('a name nobody has', async () => {
      expect(await loopback.failureOf(send('https://nobody.invalid/', { reach: 'public' }))).toEqual([
        'unreachable',
        false,
      ]);
    });

    it.each<[string, string]>([
      ['plain HTTP behind https', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
      // A fatal alert: handshake_failure (RFC 5246 §7.2).
      ['a handshake that is refused', '\u0015\u0003\u0003\u0000\u0002\u0002\u0028'],
    ])('TLS: %s', async (_, bytes) => {
      const server = createTcpServer((socket) => socket.once('data', () => socket.end(bytes, 'latin1')));
      const [reason] = await loopback.failureOf(send(`https://127.0.0.1:${await loopback.listen(server)}/`));
      expect(reason).toBe('tls');
    });
  });

  describe('refused', () => {
    it.each<[string, HttpRequest['reach']]>([
      ['http://127.0.0.1:PORT/', 'public'],
      ['https://127.0.0.1:PORT/', 'public'],
      ['https://[::ffff:127.0.0.1]:PORT/', 'public'],
      ['https://2130706433:PORT/', 'public'],
      // A name is judged by the addresses it resolves to.
      ['https://localhost:PORT/', 'public'],
      ['http://localhost:PORT/', 'public'],
      ['https://10.0.0.1/', 'loopback'],
      ['https://169.254.169.254/latest/meta-data/', 'loopback'],
      ['http://169.254.169.254/latest/meta-data/', 'private'],
      ['http://example.com/', 'public'],
      ['http://example.com/', 'private'],
    ])('%s within reach %s, before a connection is made', async (url, reach) => {
      let connections = 0;
      const server = createTcpServer(() => (connections += 1));
      const port = await loopback.listen(server);
      expect(await loopback.failureOf(send(url.replace('PORT', String(port)), { reach }))).toEqual([
        'refused_address',
        false,
      ]);
      expect(connections).toBe(0);
    });

    it('but not what lies within reach, by name or address', async () => {
      const url = await loopback.serve((_request, response) => response.end('ok'));
      for (const reach of ['loopback', 'private'] as const) {
        await expect(send(url, { reach })).resolves.toMatchObject({ status: 200 });
        await expect(send(url.replace('127.0.0.1', 'localhost'), { reach })).resolves.toMatchObject({
          status: 200,
        });
      }
    });
  });
});
