import { createServer } from 'node:http';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { caller, exchange, httpPorts, loadHttpPorts, type MadePort } from '../testing-support/http-ports.js';
import { Loopback } from '../testing-support/servers.js';
import { type ConnectOptions } from './undici-adapter-connect.js';

const loopback = new Loopback();
let http: MadePort;

beforeAll(loadHttpPorts);
afterEach(async () => {
  http.close();
  await loopback.close();
});

const send = caller(() => http, exchange);

async function start(headers: Record<string, string>): Promise<{ url: string; connections: () => number }> {
  let connections = 0;
  const server = createServer((_request, response) => response.writeHead(200, headers).end('ok'));
  server.on('connection', () => (connections += 1));
  return { url: `http://127.0.0.1:${await loopback.listen(server)}/`, connections: () => connections };
}

describe.each(httpPorts)('over %s', (_port, make) => {
  describe('before a connection', () => {
    const named: ConnectOptions['resolve'] = (_name, _options, callback) =>
      callback(null, [{ address: '127.0.0.1', family: 4 }]);

    function using(resolve: NonNullable<ConnectOptions['resolve']>): void {
      http = make({ resolve });
    }

    it('a name that cannot be resolved is unreachable', async () => {
      using((_name, _options, callback) =>
        callback(Object.assign(new Error('no'), { code: 'EAI_AGAIN' }), []),
      );
      expect(await loopback.failureOf(send('https://a.example/', { reach: 'public' }))).toEqual([
        'unreachable',
        false,
      ]);
    });

    it('a resolver that throws is unreachable', async () => {
      using(() => {
        throw new Error('no');
      });
      expect(await loopback.failureOf(send('https://a.example/'))).toEqual(['unreachable', false]);
    });

    it('a resolver that says nothing is left at the deadline or when told to', async () => {
      const controller = new AbortController();
      using((name) => {
        if (name === 'b.example') controller.abort();
      });
      expect(await loopback.failureOf(send('https://a.example/', { timeoutMs: 20 }))).toEqual([
        'timeout',
        false,
      ]);
      expect(await loopback.failureOf(send('https://b.example/', { signal: controller.signal }))).toEqual([
        'aborted',
        false,
      ]);
    });

    it('every address of a name is judged, each time anew', async () => {
      const server = await start({ connection: 'close' });
      const answers = [
        ['127.0.0.1'],
        ['127.0.0.1', '10.0.0.1'],
        ['169.254.169.254'],
        ['::ffff:10.0.0.1'],
        [],
      ];
      using((_name, _options, callback) => {
        const addresses = answers.shift() ?? [];
        callback(
          null,
          addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        );
      });
      const url = server.url.replace('127.0.0.1', 'localhost');
      expect((await send(url)).status).toBe(200);
      for (let call = 0; call < 4; call += 1) {
        expect(await loopback.failureOf(send(url))).toEqual(['refused_address', false]);
      }
      expect(server.connections()).toBe(1);
    });

    it('goes to the address that was judged, which is asked for once per connection', async () => {
      const server = await start({});
      let asked = 0;
      using((...parameters) => {
        asked += 1;
        named(...parameters);
      });
      await send(server.url.replace('127.0.0.1', 'localhost'));
      await send(server.url.replace('127.0.0.1', 'localhost'));
      expect([asked, server.connections()]).toEqual([1, 1]);
    });
  });
});
