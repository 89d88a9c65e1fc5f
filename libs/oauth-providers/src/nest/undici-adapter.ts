import { HttpService } from '@nestjs/axios';
import axios, {
  AxiosError,
  AxiosHeaders,
  type AxiosRequestConfig,
  type AxiosResponse,
  CanceledError,
  type InternalAxiosRequestConfig,
} from 'axios';
import { type NetworkReach, refusalOf } from '../core/network.js';
import { HttpFailure, type HttpFailureReason } from '../core/ports.js';
import { type ConnectOptions } from './undici-adapter-connect.js';
import { type Ending, Exchange } from './undici-adapter-exchange.js';
import { acceptedEncodings } from './undici-adapter-unpack.js';
import { carry, Exchanges } from './undici-exchanges.js';

/**
 * What holds for every call, whoever made the service: no redirects, no proxy from the environment, no status that
 * throws, no parsing.
 */
export const hardened: AxiosRequestConfig = {
  maxRedirects: 0,
  proxy: false,
  responseType: 'arraybuffer',
  transformRequest: [(body: unknown) => body],
  transformResponse: [(body: unknown) => body],
  validateStatus: () => true,
};

/** A service of our own, for interceptors of our own. */
export function hardenedService(): HttpService {
  return new HttpService(axios.create(hardened));
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
  private readonly exchanges: Exchanges;

  constructor(options: ConnectOptions) {
    this.exchanges = new Exchanges(options);
  }

  /** Runs one request. Redirects are answers; nothing is read from the environment. */
  async send(config: InternalAxiosRequestConfig, call: Call): Promise<AxiosResponse<Buffer>> {
    call.failure = undefined;
    const url = new URL(
      config.baseURL === undefined && config.params === undefined ? (config.url ?? '') : axios.getUri(config),
    );
    if (refusalOf(url.href, call.reach) !== undefined) throw failed('refused_address', config, call);
    if (config.signal?.aborted === true) throw failed('aborted', config, call);
    if (performance.now() >= call.deadlineAt) throw failed('timeout', config, call);
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
    const ending = await this.run(url, exchange, config, call);
    call.sent ||= exchange.sent;
    if ('failure' in ending) throw failed(ending.failure.reason, config, call, ending.error);
    return settled(ending, url, config);
  }

  /** Lets go of all connections. */
  close(): void {
    this.exchanges.close();
  }

  private run(
    { origin }: URL,
    exchange: Exchange,
    config: InternalAxiosRequestConfig,
    call: Call,
  ): Promise<Ending> {
    // HttpService cancels by a token when nobody waits for the answer any more.
    void config.cancelToken?.promise.then(() => exchange.cancel('aborted'));
    const { signal } = config;
    return new Promise((resolve) => {
      carry(this.exchanges.linesTo(origin, call.reach), exchange, signal, resolve);
    });
  }
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
