import { CookieJar } from 'tough-cookie';

/** An answer, with its body already read. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly url: string;
}

/** How a request is made. */
export interface Visit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
}

/** A visitor with cookies, as far as HTTP goes: it follows nothing by itself and forgets nothing. */
export class Browser {
  readonly jar = new CookieJar(undefined, { rejectPublicSuffixes: false });

  constructor(private readonly defaults: Readonly<Record<string, string>> = { accept: 'text/html' }) {}

  async visit(url: string, visit: Visit = {}): Promise<Reply> {
    const headers = new Headers({ ...this.defaults, ...visit.headers });
    const cookie = await this.jar.getCookieString(url);
    if (cookie !== '') headers.set('cookie', cookie);
    const body = bodyOf(visit, headers);
    const reply = await fetch(url, {
      method: visit.method ?? (body === undefined ? 'GET' : 'POST'),
      headers,
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    });
    for (const line of reply.headers.getSetCookie())
      await this.jar.setCookie(line, url, { ignoreError: true });
    return { status: reply.status, headers: reply.headers, text: await reply.text(), url };
  }

  /** The cookies that would be sent to a URL, by name. */
  async cookies(url: string): Promise<Record<string, string>> {
    const cookies = await this.jar.getCookies(url);
    return Object.fromEntries(cookies.map(({ key, value }) => [key, value]));
  }
}

/** The absolute target of a redirect. */
export function locationOf(reply: Reply): string {
  const location = reply.headers.get('location');
  if (location === null) throw new Error(`no redirect, but ${reply.status}: ${reply.text.slice(0, 200)}`);
  return new URL(location, reply.url).href;
}

function bodyOf(visit: Visit, headers: Headers): string | undefined {
  if (visit.form !== undefined) {
    headers.set('content-type', 'application/x-www-form-urlencoded');
    return new URLSearchParams(visit.form).toString();
  }
  if (visit.json !== undefined) {
    headers.set('content-type', 'application/json');
    return JSON.stringify(visit.json);
  }
  return undefined;
}
