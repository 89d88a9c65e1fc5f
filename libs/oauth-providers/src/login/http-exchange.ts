import { type IncomingMessage, type ServerResponse } from 'node:http';
import { parseCookie, stringifySetCookie } from 'cookie';
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

/** One request and its response, with nothing in it that a client could forge about our own address. */
export class HttpExchange {
  private parsedCookies: Readonly<Record<string, string | undefined>> | undefined;

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
    return once([...new URLSearchParams(this.target().query)]);
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
    for (const { name, value, maxAgeSeconds } of changes) {
      this.response.appendHeader(
        'Set-Cookie',
        stringifySetCookie({
          name,
          value: value ?? '',
          maxAge: maxAgeSeconds,
          path: '/',
          httpOnly: true,
          secure: this.publicUrl.secure,
          // Browsers refuse SameSite=None without Secure.
          sameSite: this.publicUrl.secure ? sameSite : 'lax',
        }),
      );
    }
  }

  /**
   * Turns whatever answer the handler gives into a redirect, at the moment its headers are written. So the
   * guard can let the request pass, and handler and interceptors finish as for any other route. An error that
   * happens on the way is answered as the error it is.
   */
  redirect(location: string, status: 302 | 303 = 302): void {
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

function once(entries: readonly (readonly [string, string])[]): CallbackParameters {
  const counts = new Map<string, number>();
  for (const [name] of entries) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(entries.filter(([name]) => counts.get(name) === 1));
}
