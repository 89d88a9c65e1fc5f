import { type HttpService } from '@nestjs/axios';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type Socket } from 'node:net';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type AxiosError, isAxiosError } from 'axios';
import { caller, exchange } from '../testing-support/http-ports.js';
import { Loopback } from '../testing-support/servers.js';
import { AxiosHttp, hardenedHttpService } from './axios-http.js';

const loopback = new Loopback();
const service = hardenedHttpService();
let http: AxiosHttp;

beforeAll(service);
afterEach(async () => {
  http.close();
  await loopback.close();
});

const send = caller(() => http, exchange);

describe('interceptors', () => {
  let instance: HttpService['axiosRef'];
  let url: string;
  let asked: number;

  beforeEach(async () => {
    const fresh = hardenedHttpService();
    http = new AxiosHttp(fresh);
    instance = (await fresh()).axiosRef;
    asked = 0;
    url = await loopback.serve((request, response) => {
      asked += 1;
      if (request.url?.includes('cut') === true) request.socket.destroy();
      else response.writeHead(201, 'Made', { 'x-seen': request.headers['x-extra'] ?? '' }).end('ok');
    });
  });

  it('change requests and see answers as axios describes them', async () => {
    const seen: unknown[] = [];
    instance.interceptors.request.use((config) => {
      config.headers.set('X-Extra', 'from an interceptor');
      config.params = { a: 'b' };
      return config;
    });
    instance.interceptors.response.use((response) => {
      const { status, statusText, headers, data, config } = response;
      seen.push(
        status,
        statusText,
        (headers as { get(name: string): unknown }).get('X-Seen'),
        data,
        config.url,
      );
      return response;
    });
    expect((await send(url)).headers['x-seen']).toBe('from an interceptor');
    expect(seen).toEqual([201, 'Made', 'from an interceptor', Buffer.from('ok'), url]);
  });

  it('see failures as errors of axios', async () => {
    let seen: unknown;
    instance.interceptors.response.use(undefined, (error: unknown) => {
      seen = error;
      throw error;
    });
    expect(await loopback.failureOf(send(`${url}?cut`))).toEqual(['reset', true]);
    expect(isAxiosError(seen)).toBe(true);
    expect(await loopback.failureOf(send('http://127.0.0.1:1/'))).toEqual(['unreachable', false]);
    expect(seen).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('may send again, and it stays true that the first request was sent', async () => {
    const id = instance.interceptors.response.use(undefined, (error: AxiosError) => {
      instance.interceptors.response.eject(id);
      return instance.request({ ...error.config, url: 'http://127.0.0.1:1/' });
    });
    expect(await loopback.failureOf(send(`${url}?cut`))).toEqual(['unreachable', true]);
  });

  it('that throw before the request stop it; after the answer it was sent', async () => {
    const fail = (): never => {
      throw new Error('no');
    };
    const id = instance.interceptors.request.use(fail);
    expect(await loopback.failureOf(send(url))).toEqual(['aborted', false]);
    expect(asked).toBe(0);
    instance.interceptors.request.eject(id);
    instance.interceptors.response.use(fail);
    expect(await loopback.failureOf(send(url))).toEqual(['reset', true]);
  });

  it('cannot lead a request further inside, nor use up its time', async () => {
    const id = instance.interceptors.request.use((config) => ({ ...config, url: 'https://10.0.0.1/' }));
    expect(await loopback.failureOf(send(url))).toEqual(['refused_address', false]);
    instance.interceptors.request.eject(id);
    instance.interceptors.request.use(async (config) => {
      await once(AbortSignal.timeout(60), 'abort');
      return config;
    });
    expect(await loopback.failureOf(send(url, { timeoutMs: 20 }))).toEqual(['timeout', false]);
    expect(asked).toBe(0);
  });
});

it('cancels when nobody waits for the answer of the service any more', async () => {
  const { UndiciAdapter } = await import('./undici-adapter.js');
  const adapter = new UndiciAdapter({});
  const server = createServer();
  const port = await loopback.listen(server);
  const call = {
    reach: 'loopback',
    deadlineAt: performance.now() + 5_000,
    sent: false,
    failure: undefined,
  } as const;
  const subscription = (await service())
    .get(`http://127.0.0.1:${port}/`, { adapter: (config) => adapter.send(config, { ...call }) })
    .subscribe();
  const [request] = (await once(server, 'request')) as [{ socket: Socket }];
  subscription.unsubscribe();
  await once(request.socket, 'close');
  adapter.close();
  expect(request.socket.destroyed).toBe(true);
});
