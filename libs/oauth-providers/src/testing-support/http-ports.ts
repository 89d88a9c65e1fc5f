import { type HttpPort, type HttpReply, type HttpRequest } from '../core/ports.js';
import { AxiosHttp, hardenedHttpService } from '../nest/axios-http.js';
import { type ConnectOptions } from '../nest/undici-adapter-connect.js';
import { UndiciHttp } from '../nest/undici-http.js';

const service = hardenedHttpService();

/** A port that a test has made, and closes. */
export type MadePort = AxiosHttp | UndiciHttp;

/** Every way a call can go, for `describe.each`: what holds for one holds for all. */
export const httpPorts = [
  ['undici', (options?: ConnectOptions) => new UndiciHttp(options)],
  ['axios', (options?: ConnectOptions) => new AxiosHttp(service, options)],
] as const;

/** Loads what the first calls would: it takes longer than a short deadline where the machine is busy. */
export async function loadHttpPorts(): Promise<void> {
  await service();
  await import('../nest/undici-calls.js');
}

/** Limits that a test can meet. */
export const limits = { timeoutMs: 5_000, maxBytes: 10_000, reach: 'loopback' } as const;

/** What is usually sent where a code is exchanged. */
export const exchange = { method: 'POST', body: 'code=c' } as const;

/** Calls under {@link limits} over the port of the moment. */
export function caller(
  port: () => HttpPort,
  usually: Partial<HttpRequest> = {},
): (url: string, more?: Partial<HttpRequest>) => Promise<HttpReply> {
  return (url, more) => port().send({ method: 'GET', url, headers: {}, ...limits, ...usually, ...more });
}
