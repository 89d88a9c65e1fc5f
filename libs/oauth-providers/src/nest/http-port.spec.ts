import { HttpService } from '@nestjs/axios';
import { afterEach, describe, expect, it } from '@jest/globals';
import axios from 'axios';
import { Loopback } from '../testing-support/servers.js';
import { AxiosHttp } from './axios-http.js';
import { httpPortOf } from './http-port.js';
import { UndiciHttp } from './undici-http.js';

const loopback = new Loopback();
afterEach(() => loopback.close());

describe('calls go', () => {
  it('over undici alone where nobody could see more', () => {
    expect(httpPortOf({})).toBeInstanceOf(UndiciHttp);
  });

  it('through the service of the application where it hands one in', () => {
    expect(httpPortOf({ httpService: new HttpService() })).toBeInstanceOf(AxiosHttp);
  });

  it('through the port of a test before all', () => {
    const http = { send: () => Promise.reject(new Error('no')) };
    expect(httpPortOf({ http, httpService: new HttpService() })).toBe(http);
  });
});

describe('a service of the application', () => {
  it('has its interceptors asked, and its own settings lead nothing elsewhere', async () => {
    const url = await loopback.serve((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => response.writeHead(307, { location: '/elsewhere' }).end(`{"was":${body}}`));
    });
    const instance = axios.create({
      maxRedirects: 5,
      responseType: 'json',
      proxy: { host: '127.0.0.1', port: 1 },
      validateStatus: (status) => status === 200,
    });
    const seen: unknown[] = [];
    instance.interceptors.request.use((config) => {
      seen.push(config.url);
      return config;
    });
    const http = httpPortOf({ httpService: new HttpService(instance) }) as AxiosHttp;
    const reply = await http
      .send({
        method: 'POST',
        url,
        headers: { 'content-type': 'application/json' },
        body: ' {"a" : 1}',
        timeoutMs: 5_000,
        maxBytes: 10_000,
        reach: 'loopback',
      })
      .finally(() => http.close());
    expect([reply.status, reply.body.toString()]).toEqual([307, '{"was": {"a" : 1}}']);
    expect(seen).toEqual([url]);
  });
});
