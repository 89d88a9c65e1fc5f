import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, get } from 'node:http';
import { type AddressInfo } from 'node:net';
import { ConfigError } from '../config/config-error.js';
import { reasonOf } from './reason.js';
import { startSample } from './start.js';
import { drain } from './stop.js';

const env = {
  OAUTH_STORE: 'memory',
  OAUTH_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 1).toString('base64')}`,
  SESSION_SECRET: 'the session secret of tests',
};

describe('starting', () => {
  it('says which port is taken and takes no other', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await expect(startSample({ ...env, PORT: String(port) })).rejects.toThrow(
      new ConfigError(
        `PORT ${port} on 127.0.0.1 is taken by another process: stop that one, or set PORT to a free port.`,
      ),
    );
    server.close();
  });

  it('says by which variable a database cannot be opened', async () => {
    const wrong = { ...env, OAUTH_STORE: 'sqlite', SQLITE_FILE: '/dev/null/sample.db' };
    await expect(startSample(wrong)).rejects.toThrow(/^SQLITE_FILE cannot be used: /);
  });

  it('tells a wrong setting in a sentence and a fault of its own with its stack', () => {
    expect(reasonOf(new ConfigError('PORT is wrong.'))).toBe('PORT is wrong.');
    expect(reasonOf(new TypeError('oh'))).toMatch(/^TypeError: oh\n +at /);
  });
});

describe('stopping', () => {
  it('lets a request finish and does not wait for connections that are kept alive', async () => {
    const server = createServer((_request, response) => {
      setTimeout(() => response.end('done'), 100);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const answer = fetch(`http://127.0.0.1:${port}`);
    await once(server, 'request');
    const stopped = drain(server, 60_000);
    expect(await (await answer).text()).toBe('done');
    await stopped;
    expect(server.listening).toBe(false);
  });

  it('cuts what is left after the grace period', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
    const cut = once(request, 'error');
    await once(server, 'request');
    await drain(server, 20);
    expect(await cut).toMatchObject([{ code: 'ECONNRESET' }]);
  });
});
