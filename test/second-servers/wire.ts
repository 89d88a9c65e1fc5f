import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo } from 'node:net';

/** A request as it was on the wire. */
export interface Seen {
  readonly method: string;
  readonly path: string;
  /** Everything after the question mark, still encoded. */
  readonly query: string;
  readonly contentType: string | undefined;
  readonly authorization: string | undefined;
  readonly body: string;
  /** Names of the parameters: of the query for GET, else of the body; in order, repetitions included. */
  readonly names: readonly string[];
}

/** What is sent back. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A server on loopback that remembers every request. */
export interface Wire {
  readonly url: string;
  readonly seen: Seen[];
  close(): Promise<void>;
}

/** Serves `answer` at a port of its own. An exception becomes a 500 and is thrown again by `close`. */
export async function serve(answer: (request: Seen) => Answer): Promise<Wire> {
  const seen: Seen[] = [];
  const crashes: unknown[] = [];
  const server = createServer((request, response) => {
    void read(request)
      .then((read) => {
        seen.push(read);
        return answer(read);
      })
      .catch((error: unknown): Answer => {
        crashes.push(error);
        return { status: 500 };
      })
      .then(({ status, headers, body }) => response.writeHead(status, headers).end(body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      if (crashes.length > 0) throw new AggregateError(crashes, 'the second server broke down');
    },
  };
}

/** A reply in JSON, its slashes escaped as some servers do. */
export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json;charset=utf-8', ...headers },
    body: JSON.stringify(value).replaceAll('/', String.raw`\/`),
  };
}

/** Sends the browser, or whoever asked, somewhere else. */
export function redirect(location: string): Answer {
  return { status: 302, headers: { location } };
}

/** The requests for a path. */
export function at(wire: Wire, path: string): Seen[] {
  return wire.seen.filter((request) => request.path === path);
}

/** What a request has that no document asks for: parameters, repetitions, credentials, or a media type. */
export function strayParts(request: Seen, names: readonly string[]): string[] {
  const where = `${request.method} ${request.path}`;
  const form = /^application\/x-www-form-urlencoded(; ?charset=utf-8)?$/i;
  const faults: [boolean, string][] = [
    ...request.names.map((name): [boolean, string] => [!names.includes(name), `unknown ${name}`]),
    [new Set(request.names).size !== request.names.length, 'repeated parameter'],
    [request.authorization !== undefined, 'Authorization header'],
    [
      request.method === 'POST' && !form.test(request.contentType ?? ''),
      `content type ${request.contentType ?? 'missing'}`,
    ],
  ];
  return faults.filter(([found]) => found).map(([, what]) => `${where}: ${what}`);
}

/** The parameters of a body; none, when its media type says that it is no form. */
export function formOf({ contentType, body }: Seen): URLSearchParams {
  const isForm = contentType?.startsWith('application/x-www-form-urlencoded') === true;
  return new URLSearchParams(isForm ? body : '');
}

async function read(request: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString('utf8');
  const target = request.url ?? '';
  const mark = target.includes('?') ? target.indexOf('?') : target.length;
  const seen = {
    method: request.method ?? '',
    path: target.slice(0, mark),
    query: target.slice(mark + 1),
    contentType: request.headers['content-type'],
    authorization: request.headers.authorization,
    body,
  };
  return { ...seen, names: namesOf(seen) };
}

function namesOf({ method, query, contentType, body }: Omit<Seen, 'names'>): string[] {
  if (method === 'GET') return [...new URLSearchParams(query).keys()];
  if (contentType?.startsWith('application/json') !== true) return [...new URLSearchParams(body).keys()];
  const value: unknown = JSON.parse(body);
  return Object.keys(value as object);
}
