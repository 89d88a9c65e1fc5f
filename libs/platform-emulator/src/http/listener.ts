import express, { type ErrorRequestHandler, type Express, type Request, type Router } from 'express';
import { setTimeout as delay } from 'node:timers/promises';
import { type EmulatorClock } from '../core/clock.js';
import { type FaultBook } from '../core/faults.js';
import { type Endpoint, type Persona, type Site } from '../core/persona.js';
import { type ProviderName } from '../core/provider-name.js';
import { type RequestLog } from '../core/request-log.js';
import { replyWithFault } from './fault-reply.js';
import { type Reply, send, textReply } from './reply.js';

/** What a listener serves. */
export interface ListenerParts {
  readonly site: Site;
  readonly personas: readonly Persona[];
  /** Everything under `/__emulator`: steering, SDK stand-ins, style sheet, avatars. */
  readonly tools: Router;
  readonly clock: EmulatorClock;
  readonly faults: FaultBook;
  readonly log: RequestLog;
  /** How long the platforms hold back what they answer, in real milliseconds. */
  readonly latencyMs: number;
}

interface Served {
  readonly provider: ProviderName;
  readonly endpoint: Endpoint;
}

const bodyLimit = '1mb';

/**
 * One listener: the tools, then the endpoints of its personas. Paths are compared exactly, with their case and
 * without a trailing slash: WPS `/oauth2/token` and 猿之棒 `/OAuth2/token` differ in nothing else.
 */
export function createListener(parts: ListenerParts): Express {
  const served = new Map<string, Served>();
  for (const { provider, endpoints } of parts.personas) {
    for (const endpoint of endpoints) served.set(endpoint.path, { provider, endpoint });
  }

  const app = express();
  app.enable('case sensitive routing').enable('strict routing');
  app.disable('x-powered-by').disable('etag').set('query parser', false);
  app.use((_request, response, next) => {
    // Absolute stamps in bodies and the Date header come from one clock.
    response.set('Date', new Date(parts.clock.now()).toUTCString());
    next();
  });
  app.use('/__emulator', parts.tools);
  app.use(express.raw({ type: () => true, limit: bodyLimit }), async (request, response) => {
    const target = served.get(request.path);
    const provider = target?.provider ?? null;
    const isPage = target?.endpoint.isPage ?? false;
    const rule = parts.faults.take({ provider, path: request.path, isPage });
    parts.log.add(provider ?? rule?.provider ?? null, request.method, request.path, response);
    const fault = rule?.fault;
    const isAfter = fault?.when === 'after';
    if (fault && !isAfter && replyWithFault(fault, request, response)) return;
    const reply = await answer(target?.endpoint, request, parts.site);
    if (parts.latencyMs > 0) await delay(parts.latencyMs, undefined, { ref: false });
    if (fault && isAfter && replyWithFault(fault, request, response)) return;
    response.set('Cache-Control', 'no-store');
    send(response, reply);
  });
  app.use(reportError);
  return app;
}

async function answer(endpoint: Endpoint | undefined, request: Request, site: Site): Promise<Reply> {
  if (!endpoint) return textReply(404, '404 page not found');
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (!endpoint.methods.some((allowed) => allowed === method)) {
    return textReply(405, '405 method not allowed', { Allow: endpoint.methods.join(', ') });
  }
  return endpoint.handle(request, site);
}

const reportError: ErrorRequestHandler = (
  error: { status?: number; message: string },
  _request,
  response,
  next,
) => {
  if (response.headersSent) next(error);
  else send(response, textReply(error.status ?? 500, error.message));
};
