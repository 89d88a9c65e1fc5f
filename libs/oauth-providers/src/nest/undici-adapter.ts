import { HttpService } from '@nestjs/axios';
import axios, {
  AxiosError,
  AxiosHeaders,
  type AxiosResponse,
  CanceledError,
  type InternalAxiosRequestConfig,
} from 'axios';
import { type NetworkReach, refusalOf } from '../core/network.js';
import { HttpFailure, type HttpFailureReason } from '../core/ports.js';
import { connectorOf, type ConnectOptions } from './undici-adapter-connect.js';
import { type Ending, Exchange } from './undici-adapter-exchange.js';
import { Lines } from './undici-adapter-lines.js';
import { acceptedEncodings } from './undici-adapter-unpack.js';

/** The service behind all calls; what protects them is in the options and in the adapter below. */
export function hardenedService(): HttpService {
  return new HttpService(
    axios.create({
      maxRedirects: 0,
      proxy: false,
      responseType: 'arraybuffer',
      transformRequest: [(body: unknown) => body],
      transformResponse: [(body: unknown) => body],
      validateStatus: () => true,
    }),
  );
}

/** What axios has no word for, and what became of the call. */
export interface Call {
  readonly reach: NetworkReach;
  /** By `performance.now()`. */
  readonly deadlineAt: number;
  /** Whether a byte of the request may have left, in this attempt or, where an interceptor tries again, before. */
  sent: boolean;
  failure: HttpFailure | undefined;
}

/** The last step of axios, on undici: sends one request and collects one answer, within all limits. */
export class UndiciAdapter {
  private readonly origins = new Map<string, Lines>();

  constructor(private readonly options: ConnectOptions) {}

  /** Runs one request. Redirects are answers; nothing is read from the environment. */
  async send(config: InternalAxiosRequestConfig, call: Call): Promise<AxiosResponse<Buffer>> {
    call.failure = undefined;
    const url = new URL(
      config.baseURL === undefined && config.params === undefined ? (config.url ?? '') : axios.getUri(config),
    );
    if (refusalOf(url.href, call.reach) !== undefined) throw failed('refused_address', config, call);
    if (config.signal?.aborted === true) throw failed('aborted', config, call);
    const left = call.deadlineAt - performance.now();
    if (left <= 0) throw failed('timeout', config, call);
    const exchange = new Exchange({
      options: {
        path: `${url.pathname}${url.search}`,
        method: (config.method ?? 'get').toUpperCase(),
        headers: headersOf(config),
        body: bodyOf(config, call),
      },
      maxBytes: limitOf(config.maxContentLength),
      deadlineAt: call.deadlineAt,
    });
    const ending = await this.run(url, exchange, config, call, left);
    call.sent ||= exchange.sent;
    if ('failure' in ending) throw failed(ending.failure.reason, config, call, ending.error);
    return settled(ending, url, config);
  }

  /** Lets go of all connections. */
  close(): void {
    for (const lines of this.origins.values()) lines.close();
    this.origins.clear();
  }

  private run(
    url: URL,
    exchange: Exchange,
    config: InternalAxiosRequestConfig,
    call: Call,
    left: number,
  ): Promise<Ending> {
    return new Promise((resolve) => {
      const abort = (): void => exchange.cancel('aborted');
      const timer = setTimeout(() => endOfTime(exchange), left);
      config.signal?.addEventListener?.('abort', abort);
      // HttpService cancels by a token when nobody waits for the answer any more.
      void config.cancelToken?.promise.then(abort);
      this.linesOf(url, call.reach).send(exchange);
      exchange.whenEnded((ending) => {
        clearTimeout(timer);
        config.signal?.removeEventListener?.('abort', abort);
        resolve(ending);
      });
    });
  }

  private linesOf({ origin }: URL, reach: NetworkReach): Lines {
    const name = `${reach} ${origin}`;
    const known = this.origins.get(name);
    if (known !== undefined) return known;
    const made = new Lines(origin, connectorOf(reach, this.options));
    this.origins.set(name, made);
    return made;
  }
}

/** A timer that is later than this was not served, and neither was the network. */
const lateMs = 50;
const [turns, turnsWhenLate] = [2, 20];

/**
 * A process that was stopped, or kept busy, past the deadline finds the answer of a single-use code or refresh token
 * waiting in its sockets. Timers come first, so it is given its turn to be read before it is given up.
 */
function endOfTime(exchange: Exchange): void {
  const isLate = performance.now() - exchange.parcel.deadlineAt > lateMs;
  const wait = (left: number): void => {
    if (exchange.ended) return;
    if (left === 0) exchange.cancel('timeout');
    else setImmediate(() => wait(left - 1));
  };
  wait(isLate ? turnsWhenLate : turns);
}

function headersOf({ headers }: InternalAxiosRequestConfig): Record<string, string> {
  const sent: Record<string, string> = { 'accept-encoding': acceptedEncodings };
  for (const [name, value] of Object.entries(headers.toJSON(true))) {
    const key = name.toLowerCase();
    // The host is the one of the URL: a header of that name would also choose the certificate that is asked for.
    if (key !== 'host') sent[key] = value;
  }
  return sent;
}

function bodyOf(config: InternalAxiosRequestConfig, call: Call): string | Buffer | null {
  const data: unknown = config.data;
  if (data === undefined || data === null) return null;
  if (typeof data === 'string' || Buffer.isBuffer(data)) return data;
  throw failed('aborted', config, call, new TypeError('a body is a string or a Buffer'));
}

function limitOf(maxContentLength: number | undefined): number {
  return maxContentLength === undefined || maxContentLength < 0 ? Infinity : maxContentLength;
}

/** The failure for the caller stands in `call`; interceptors see it as an error of axios. */
function failed(
  reason: HttpFailureReason,
  config: InternalAxiosRequestConfig,
  call: Call,
  cause?: Error,
): AxiosError {
  call.failure = new HttpFailure(reason, call.sent);
  if (reason === 'aborted' && cause === undefined) return new CanceledError(undefined, config);
  const code = cause !== undefined && 'code' in cause ? String(cause.code) : codes[reason];
  return AxiosError.from(cause ?? call.failure, code, config);
}

const codes: Readonly<Record<HttpFailureReason, string>> = {
  unreachable: AxiosError.ERR_NETWORK,
  timeout: AxiosError.ETIMEDOUT,
  aborted: AxiosError.ERR_BAD_REQUEST,
  reset: AxiosError.ERR_NETWORK,
  too_large: AxiosError.ERR_BAD_RESPONSE,
  refused_address: AxiosError.ERR_BAD_OPTION_VALUE,
  tls: AxiosError.ERR_NETWORK,
};

function settled(
  { answer }: Extract<Ending, { answer: unknown }>,
  { protocol, host }: URL,
  config: InternalAxiosRequestConfig,
): AxiosResponse<Buffer> {
  const { status, statusText, headers, body } = answer;
  const request = { method: config.method, protocol, host };
  const response = { data: body, status, statusText, headers: new AxiosHeaders(headers), config, request };
  const { validateStatus } = config;
  if (typeof validateStatus !== 'function' || validateStatus(status)) return response;
  const code = status >= 400 && status < 500 ? AxiosError.ERR_BAD_REQUEST : AxiosError.ERR_BAD_RESPONSE;
  throw new AxiosError(`Request failed with status code ${status}`, code, config, request, response);
}
