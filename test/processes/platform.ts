import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Conduct, type PlatformCounts, type PlatformOrders } from './stand-in-task.js';

/*
 * A platform that speaks as WPS does, in a process of its own, so lean that many thousand renewals a second leave the
 * machine to those who are tested. Refresh tokens rotate, and one that comes back ends the whole grant. A token says whose
 * it is, of which generation, and when it ends, so whoever fills a store can write generation 0 without asking. See
 * `stand-in.ts` for how it is started: of other files here it can take nothing but types.
 */

interface Grant {
  generation: number;
  issuedAt: number;
  endsAt: number;
  over: boolean;
}

const conduct: Conduct = { lifeMs: 7_200_000, latencyMs: 0, earlyMs: 0, tokenBytes: 0 };
const padding = 'x'.repeat(8_192);
const grants = new Map<string, Grant>();
const held: (() => void)[] = [];
let holding = false;
let counts: PlatformCounts;
forget();

const server = createServer((request, response) => {
  if (request.method === 'GET') profile(request, response);
  else readBody(request, (body) => token(new URLSearchParams(body), response));
});
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', 4_096, () => process.send?.({ ready: (server.address() as AddressInfo).port }));

const orders: { [Name in keyof PlatformOrders]: (order: never) => ReturnType<PlatformOrders[Name]> } = {
  behave: (order: Partial<Conduct>) => {
    Object.assign(conduct, order);
    return null;
  },
  forget: () => {
    forget();
    return null;
  },
  hold: () => {
    holding = true;
    return null;
  },
  release: () => {
    holding = false;
    for (const send of held.splice(0)) send();
    return null;
  },
  counts: () => {
    let [fewest, most] = [Infinity, 0];
    for (const { generation } of grants.values()) {
      fewest = Math.min(fewest, generation);
      most = Math.max(most, generation);
    }
    return { ...counts, renewed: grants.size, fewest: grants.size === 0 ? 0 : fewest, most };
  },
  generationOf: ({ subject }: Parameters<PlatformOrders['generationOf']>[0]) =>
    grants.get(subject)?.generation ?? 0,
};
process.on('message', ({ id, name, order }: { id: number; name: keyof PlatformOrders; order: never }) =>
  process.send?.({ id, result: orders[name](order) }),
);
process.on('disconnect', () => process.exit(0));

function forget(): void {
  grants.clear();
  counts = {
    ...{ refreshes: 0, reuse: 0, refused: 0, early: 0, late: 0, latestMs: Number.MIN_SAFE_INTEGER },
    ...{ inFlight: 0, mostInFlight: 0, renewed: 0, fewest: 0, most: 0, perSecond: {} },
  };
}

function token(form: URLSearchParams, response: ServerResponse): void {
  counts.inFlight += 1;
  counts.mostInFlight = Math.max(counts.mostInFlight, counts.inFlight);
  const { status, body } =
    form.get('grant_type') === 'refresh_token' ? renewal(form) : refused('unknown grant');
  const send = (): void => {
    counts.inFlight -= 1;
    reply(response, status, body);
  };
  const ready = (): void => {
    if (holding) held.push(send);
    else send();
  };
  if (conduct.latencyMs > 0) setTimeout(ready, conduct.latencyMs);
  else ready();
}

function renewal(form: URLSearchParams): { status: number; body: object } {
  const [kind, subject = '', generation, oldEnd] = (form.get('refresh_token') ?? '').split('~');
  if (kind !== 'rt') return refused('invalid refresh_token');
  const now = Date.now();
  const known = grants.get(subject);
  const grant: Grant = known ?? {
    ...{ generation: 0, over: false, endsAt: Number(oldEnd), issuedAt: Number(oldEnd) - conduct.lifeMs },
  };
  grants.set(subject, grant);
  counts.refreshes += 1;
  const second = Math.floor(now / 1_000);
  counts.perSecond[second] = (counts.perSecond[second] ?? 0) + 1;
  if (grant.over || grant.generation !== Number(generation)) {
    grant.over = true;
    counts.reuse += 1;
    return refused('refresh_token used');
  }
  if (now - grant.issuedAt < conduct.earlyMs) counts.early += 1;
  if (now > grant.endsAt) counts.late += 1;
  counts.latestMs = Math.max(counts.latestMs, now - grant.endsAt);
  grant.generation += 1;
  grant.issuedAt = now;
  grant.endsAt = now + conduct.lifeMs;
  return {
    status: 200,
    body: {
      access_token: padded(`at~${subject}~${grant.generation}~${grant.endsAt}~`),
      token_type: 'bearer',
      expires_in: conduct.lifeMs / 1_000,
      refresh_token: padded(`rt~${subject}~${grant.generation}~${grant.endsAt}~`),
      refresh_expires_in: 86_400,
    },
  };
}

function profile({ headers }: IncomingMessage, response: ServerResponse): void {
  const [scheme, subject = '', generation, endsAt] = (headers.authorization ?? '').split('~');
  const grant = grants.get(subject);
  // As at WPS, an access token that was replaced lives on until its own end.
  const known = Number(generation) <= (grant?.generation ?? 0) && grant?.over !== true;
  if (scheme === 'Bearer at' && known && Date.now() < Number(endsAt))
    reply(response, 200, { code: 0, data: { id: subject, user_name: subject } });
  else {
    counts.refused += 1;
    reply(response, 401, { code: 401, msg: 'access_token expired' });
  }
}

function refused(msg: string): { status: number; body: object } {
  return { status: 400, body: { code: 40_000, msg } };
}

function padded(text: string): string {
  return text + padding.slice(0, Math.max(0, conduct.tokenBytes - text.length));
}

function reply(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

function readBody(request: IncomingMessage, then: (body: string) => void): void {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => (body += chunk));
  request.on('end', () => then(body));
}
