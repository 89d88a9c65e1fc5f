import { type IncomingMessage, type ServerResponse } from 'node:http';
import { parseCookie } from 'cookie';
import onHeaders from 'on-headers';
import { type CallbackParameters } from '../wire/authorization.js';
import { type CookieChange } from './attempt-cookies.js';
import { type PublicUrl } from './public-url.js';

/** A request as Express hands it to a Passport strategy. */
export interface WebRequest extends IncomingMessage {
  readonly originalUrl?: string | undefined;
  readonly body?: unknown;
  /** The Express application that is handling the request. */
  readonly app?: unknown;
  readonly res?: ServerResponse | undefined;
}

const held = Symbol('nestjs-oauth-providers:exchange');

/** One request and its response, with nothing in it that a client could forge about our own address. */
export class HttpExchange {
  private parsedCookies: Readonly<Record<string, string | undefined>> | undefined;
  private parsedQuery: CallbackParameters | undefined;
  private redirecting = false;

  /** The exchange of a request, the same one for the guard, the strategy and the routes. */
  static of(request: WebRequest, response: ServerResponse, publicUrl: PublicUrl): HttpExchange {
    const holder = request as { [held]?: HttpExchange };
    const known = holder[held];
    if (known?.request === request && known.publicUrl === publicUrl) return known;
    return (holder[held] = new HttpExchange(request, response, publicUrl));
  }

  constructor(
    readonly request: WebRequest,
    private readonly response: ServerResponse,
    private readonly publicUrl: PublicUrl,
  ) {}

  get method(): string {
    return this.request.method ?? 'GET';
  }

  /** The path, without the prefix of the public URL. */
  get path(): string {
    return this.publicUrl.route(this.target().path);
  }

  get cookies(): Readonly<Record<string, string | undefined>> {
    this.parsedCookies ??= parseCookie(this.request.headers.cookie ?? '');
    return this.parsedCookies;
  }

  /** Query parameters, decoded exactly once. A parameter that is repeated is left out (RFC 6749 §3.1). */
  get query(): CallbackParameters {
    this.parsedQuery ??= queryOf(this.target().query);
    return this.parsedQuery;
  }

  /** Members of a form or JSON body that are plain text. */
  get form(): CallbackParameters {
    const { body } = this.request;
    const members = typeof body === 'object' && body !== null ? Object.entries(body) : [];
    return once(
      members.flatMap(([name, value]): [string, string][] =>
        typeof value === 'string' ? [[name, value]] : [],
      ),
    );
  }

  setHeader(name: string, value: string): void {
    this.response.setHeader(name, value);
  }

  setCookies(changes: readonly CookieChange[], sameSite: 'lax' | 'none' = 'lax'): void {
    const { secure } = this.publicUrl;
    // Browsers refuse SameSite=None without Secure.
    const rest = secure ? `Secure; SameSite=${sameSite === 'none' ? 'None' : 'Lax'}` : 'SameSite=Lax';
    // Names and values are our own: base64url, which is written as it is.
    for (const { name, value = '', maxAgeSeconds } of changes) {
      const line = `${name}=${value}; Max-Age=${maxAgeSeconds}; Path=/; HttpOnly; ${rest}`;
      this.response.appendHeader('Set-Cookie', line);
    }
  }

  /** Whether the answer becomes a redirect, so that nobody reads what a handler has to say. */
  get redirects(): boolean {
    return this.redirecting;
  }

  /**
   * Turns whatever answer the handler gives into a redirect, at the moment its headers are written. So the
   * guard can let the request pass, and handler and interceptors finish as for any other route. An error that
   * happens on the way is answered as the error it is.
   */
  redirect(location: string, status: 302 | 303 = 302): void {
    this.redirecting = true;
    onHeaders(this.response, () => {
      if (this.response.statusCode >= 300) return;
      this.response.statusCode = status;
      this.response.setHeader('Location', location);
      this.response.setHeader('Cache-Control', 'no-store');
    });
  }

  private target(): { path: string; query: string } {
    const url = this.request.originalUrl ?? this.request.url ?? '/';
    const mark = url.indexOf('?');
    return mark < 0 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark + 1) };
  }
}

function queryOf(text: string): CallbackParameters {
  if (text === '') return {};
  // Where nothing is encoded there is nothing to decode, and no need for the parser that would.
  return once(/[%+]/.test(text) ? new URLSearchParams(text) : pairsOf(text));
}

function* pairsOf(text: string): Generator<[string, string]> {
  for (const pair of text.split('&')) {
    const mark = pair.indexOf('=');
    if (mark >= 0) yield [pair.slice(0, mark), pair.slice(mark + 1)];
    else if (pair !== '') yield [pair, ''];
  }
}

function once(entries: Iterable<readonly [string, string]>): CallbackParameters {
  const values = new Map<string, string | undefined>();
  for (const [name, value] of entries) values.set(name, values.has(name) ? undefined : value);
  const single: [string, string][] = [];
  for (const [name, value] of values) if (value !== undefined) single.push([name, value]);
  return Object.fromEntries(single);
}
