import { type NetworkReach, refusalOf } from '../core/network.js';
import { HttpFailure, type HttpReply, type HttpRequest } from '../core/ports.js';
import { type ConnectOptions } from './undici-adapter-connect.js';
import { type Answered, Exchange } from './undici-adapter-exchange.js';
import { type Lines } from './undici-adapter-lines.js';
import { acceptedEncodings } from './undici-adapter-unpack.js';
import { carry, Exchanges } from './undici-exchanges.js';

/** A URL taken apart and judged: `lines` is undefined where the call may not lead. */
interface Place {
  readonly path: string;
  readonly lines: Lines | undefined;
}

/** The URLs of endpoints are few. What has a query is not kept: it may be different each time, and hold a secret. */
const maxPlaces = 256;

/** Calls over undici with nothing in between: one request, one answer, within all limits. */
export class UndiciCalls {
  private readonly exchanges: Exchanges;
  private places: Readonly<Record<NetworkReach, Map<string, Place>>> = noPlaces();

  constructor(options: ConnectOptions) {
    this.exchanges = new Exchanges(options);
  }

  /**
   * Sends one request and collects its answer; `deadlineAt` by `performance.now()`.
   * @throws HttpFailure when there is no complete answer
   */
  send(request: HttpRequest, deadlineAt: number): Promise<HttpReply> {
    return new Promise((resolve, reject) => {
      const place = this.placeOf(request.url, request.reach);
      const obstacle = obstacleTo(place, request, deadlineAt);
      if (place?.lines === undefined || obstacle !== undefined) {
        reject(new HttpFailure(obstacle ?? 'aborted', false));
        return;
      }
      const { method, body = null, maxBytes, signal } = request;
      const options = { path: place.path, method, headers: headersOf(request.headers), body };
      carry(place.lines, new Exchange({ options, maxBytes, deadlineAt }), signal, (ending) => {
        if ('failure' in ending) reject(ending.failure);
        else resolve(replyOf(ending.answer));
      });
    });
  }

  /** Lets go of all connections. */
  close(): void {
    this.places = noPlaces();
    this.exchanges.close();
  }

  private placeOf(url: string, reach: NetworkReach): Place | undefined {
    const places = this.places[reach];
    const known = places.get(url);
    if (known !== undefined) return known;
    if (!URL.canParse(url)) return undefined;
    const { origin, pathname, search, href } = new URL(url);
    const refused = refusalOf(href, reach) !== undefined;
    const lines = refused ? undefined : this.exchanges.linesTo(origin, reach);
    const place = { path: `${pathname}${search}`, lines };
    if (search === '') {
      if (places.size >= maxPlaces) places.clear();
      places.set(url, place);
    }
    return place;
  }
}

function noPlaces(): Record<NetworkReach, Map<string, Place>> {
  return { public: new Map(), loopback: new Map(), private: new Map() };
}

function obstacleTo(
  place: Place | undefined,
  { signal }: HttpRequest,
  deadlineAt: number,
): HttpFailure['reason'] | undefined {
  if (place === undefined) return 'aborted';
  if (place.lines === undefined) return 'refused_address';
  if (signal?.aborted === true) return 'aborted';
  return performance.now() >= deadlineAt ? 'timeout' : undefined;
}

/** What would end a header and begin another one is left out, as axios does it. */
// eslint-disable-next-line no-control-regex -- they are what must not get into a header
const control = /[\u0000-\u0008\u000a-\u001f\u007f]/;
// eslint-disable-next-line no-control-regex -- likewise
const controls = /[\u0000-\u0008\u000a-\u001f\u007f]+|^[\t ]+|[\t ]+$/g;

function headersOf(given: Readonly<Record<string, string>>): Record<string, string> {
  const sent: Record<string, string> = { 'accept-encoding': acceptedEncodings };
  for (const name in given) {
    const value = given[name] ?? '';
    const key = name.toLowerCase();
    // The host is the one of the URL: a header of that name would also choose the certificate that is asked for.
    if (key !== 'host') sent[key] = control.test(value) ? value.replace(controls, '') : value;
  }
  return sent;
}

function replyOf({ status, headers, body }: Answered): HttpReply {
  const plain: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) plain[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return { status, headers: plain, body };
}
