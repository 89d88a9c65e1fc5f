import { HttpService } from '@nestjs/axios';
import axios, { AxiosError } from 'axios';
import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import { firstValueFrom } from 'rxjs';
import { addressAllowed, type NetworkReach, refusalOf } from '../core/network.js';
import { HttpFailure, type HttpPort, type HttpReply, type HttpRequest } from '../core/ports.js';

/** Errors that arise before a byte of the request has left. */
const notSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ERR_INVALID_URL',
]);
const refusedAddress = 'ERR_REFUSED_ADDRESS';
/** A certificate is judged before anything is sent; other failures of TLS can end a connection in use, too. */
const badCertificate = /CERT|ALTNAME|UNABLE_TO_VERIFY/;
const tlsFailure = /EPROTO|TLS|SSL/;

/**
 * One axios instance for all calls of the library, with everything off that could send a secret elsewhere:
 * no redirects, no proxy from the environment, no status that throws, no parsing.
 */
export function hardenedHttpService(): HttpService {
  return new HttpService(
    axios.create({
      maxRedirects: 0,
      proxy: false,
      decompress: true,
      responseType: 'arraybuffer',
      transformRequest: [(body: unknown) => body],
      transformResponse: [(body: unknown) => body],
      validateStatus: () => true,
    }),
  );
}

/** The HTTP port on `@nestjs/axios`. */
export class AxiosHttp implements HttpPort {
  private readonly agents = new Map<string, { http: HttpAgent; https: HttpsAgent }>();

  constructor(private readonly http: HttpService) {}

  async send(request: HttpRequest): Promise<HttpReply> {
    const refusal = refusalOf(request.url, request.reach);
    if (refusal !== undefined) throw new HttpFailure('refused_address', false);
    if (request.signal?.aborted === true) throw new HttpFailure('aborted', false);
    const { http, https } = this.agentsFor(request);
    // axios' own timeout does not end a body that drips; a signal does.
    const deadline = AbortSignal.timeout(request.timeoutMs);
    const signal = request.signal === undefined ? deadline : AbortSignal.any([deadline, request.signal]);
    try {
      const reply = await firstValueFrom(
        this.http.request<Buffer>({
          method: request.method,
          url: request.url,
          headers: { ...request.headers },
          data: request.body,
          maxContentLength: request.maxBytes,
          httpAgent: http,
          httpsAgent: https,
          signal,
        }),
      );
      return { status: reply.status, headers: plainHeaders(reply.headers), body: Buffer.from(reply.data) };
    } catch (error) {
      throw failureOf(error, deadline, request.signal);
    }
  }

  /** Lets go of idle connections. */
  close(): void {
    for (const { http, https } of this.agents.values()) {
      http.destroy();
      https.destroy();
    }
    this.agents.clear();
  }

  /**
   * Codes and refresh tokens work once: sent over a connection that the server is closing at that very moment, they
   * would be lost in doubt. So only what can be asked again uses connections again.
   */
  private agentsFor({ reach, method }: HttpRequest): { http: HttpAgent; https: HttpsAgent } {
    const name = `${reach} ${method}`;
    const known = this.agents.get(name);
    if (known !== undefined) return known;
    const options = { keepAlive: method === 'GET', lookup: lookupWithin(reach) };
    const made = { http: new HttpAgent(options), https: new HttpsAgent(options) };
    this.agents.set(name, made);
    return made;
  }
}

type LookupCallback = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/** Resolves a name and refuses what lies inside; the address that was checked is the one connected to. */
function lookupWithin(reach: NetworkReach) {
  return (hostname: string, options: { all?: boolean | undefined }, callback: LookupCallback): void => {
    dnsLookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      const [first] = found;
      if (
        first === undefined ||
        found.some(({ address }) => isIP(address) === 0 || !addressAllowed(address, reach))
      ) {
        callback(Object.assign(new Error('the address is not allowed'), { code: refusedAddress }), []);
        return;
      }
      if (options.all === true) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };
}

function plainHeaders(headers: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]: [string, unknown]) =>
      typeof value === 'string' || Array.isArray(value)
        ? [[name.toLowerCase(), [value].flat().join(', ')]]
        : [],
    ),
  );
}

function failureOf(error: unknown, deadline: AbortSignal, caller: AbortSignal | undefined): HttpFailure {
  const code = error instanceof AxiosError ? error.code : undefined;
  const sent = code === undefined || !notSent.has(code);
  if (code === refusedAddress) return new HttpFailure('refused_address', false);
  if (deadline.aborted) return new HttpFailure('timeout', true);
  if (caller?.aborted === true) return new HttpFailure('aborted', true);
  if (!sent) return new HttpFailure('unreachable', false);
  if (error instanceof AxiosError && /maxContentLength/.test(error.message))
    return new HttpFailure('too_large', true);
  if (code !== undefined && badCertificate.test(code)) return new HttpFailure('tls', false);
  if (code !== undefined && tlsFailure.test(code)) return new HttpFailure('tls', true);
  return new HttpFailure('reset', true);
}
