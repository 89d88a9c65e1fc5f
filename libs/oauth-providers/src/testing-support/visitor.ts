import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { parseCookie, parseSetCookie } from 'cookie';
import { type AttemptCookies } from '../login/attempt-cookies.js';
import { HttpExchange, type WebRequest } from '../login/http-exchange.js';
import { LoginAttempts, type SpentMarks } from '../login/login-attempts.js';
import { type PublicUrl } from '../login/public-url.js';
import { KeyRing, Sealer } from '../vault/index.js';
import { type FakeClock, FakeRandomness } from './fakes.js';

/** A request on its way, with the response that will go back. */
export interface Visit {
  readonly exchange: HttpExchange;
  readonly request: WebRequest;
  readonly response: ServerResponse;
}

/** What a visitor asks for. */
export interface VisitOptions {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly app?: unknown;
}

/** A browser, as far as cookies go, without any network. */
export class Visitor {
  readonly cookies = new Map<string, string>();

  constructor(private readonly publicUrl: PublicUrl) {}

  /** A request with the visitor's cookies, as Express would hand it to a strategy. */
  ask(url: string, { method = 'GET', body, headers = {}, app }: VisitOptions = {}): Visit {
    const request = new IncomingMessage(new Socket());
    request.method = method;
    request.url = url;
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    request.headers = { ...(cookie === '' ? {} : { cookie }), ...headers };
    const response = new ServerResponse(request);
    const web: WebRequest = Object.assign(request, { originalUrl: url, body, app, res: response });
    return { request: web, response, exchange: new HttpExchange(web, response, this.publicUrl) };
  }

  /** Takes over what the response says about cookies. */
  accept({ response }: Pick<Visit, 'response'>): void {
    for (const line of setCookies(response)) {
      const { name, value = '', maxAge } = parseSetCookie(line);
      if (maxAge === 0) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }

  /** The cookies as the server reads them. */
  sent(): Readonly<Record<string, string | undefined>> {
    return parseCookie([...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '));
  }
}

/** The `Set-Cookie` lines of a response, in order. */
export function setCookies(response: ServerResponse): string[] {
  const header = response.getHeader('set-cookie');
  return header === undefined ? [] : [header].flat().map(String);
}

/** Marks in memory; it can be told to fail. */
export class FakeMarks implements SpentMarks {
  readonly spent = new Map<string, number>();
  failure: Error | undefined;

  spend(state: string, ttlMs: number): Promise<boolean> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const first = !this.spent.has(state);
    if (first) this.spent.set(state, ttlMs);
    return Promise.resolve(first);
  }
}

/** Login attempts sealed with a key of the test's own. */
export function attemptsWith(
  cookies: AttemptCookies,
  clock: FakeClock,
  marks: SpentMarks = new FakeMarks(),
): LoginAttempts {
  const keys = KeyRing.parse({ encryptionKeys: `test:${Buffer.alloc(32, 7).toString('base64')}` });
  const randomness = new FakeRandomness();
  return new LoginAttempts(new Sealer(keys, randomness), marks, cookies, clock, randomness);
}
