import express, { type NextFunction, type Request, type Response, Router } from 'express';
import { type z } from 'zod';
import { type Controls } from './controls.js';
import { appTicketSchema, check, clockSchema, codeSchema, faultSchema, revokeSchema } from './schemas.js';
import { isLoopbackHost, isLoopbackOrigin } from '../core/loopback.js';
import { type ProviderName, providerNames } from '../core/provider-name.js';
import { problem } from '../http/problem.js';
import { emptyReply, jsonReply, type Reply, send } from '../http/reply.js';

/** Fault bodies may be big on purpose. */
const bodyLimit = '64mb';

/**
 * Lets only this machine in. A page of another site that points its own name at 127.0.0.1 (DNS rebinding) still sends
 * its own name as `Host`, and a page that posts here sends its own `Origin`.
 */
export function onlyLoopback(request: Request, response: Response, next: NextFunction): void {
  const origin = request.get('origin');
  if (!isLoopbackHost(request.get('host'))) {
    send(response, problem(403, 'the Host header must name this machine'));
  } else if (request.method !== 'GET' && origin && !isLoopbackOrigin(origin)) {
    send(response, problem(403, 'the Origin header must name this machine'));
  } else {
    next();
  }
}

const guarded = ['codes', 'revoke', 'app-tickets', 'faults', 'clock', 'reset', 'log', 'counters'];
const fresh = { 'Cache-Control': 'no-store' };

/** `POST codes/:provider`, `revoke/:provider`, `app-tickets/wps`, `faults`, `clock`, `reset`; `GET log`, `counters`. */
export function steeringRoutes(controls: Controls): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.use(
    guarded.map((name) => `/${name}`),
    onlyLoopback,
  );
  const body = express.raw({ type: () => true, limit: bodyLimit });

  router.post('/codes/:provider', body, (request: Request<{ provider: string }>, response) => {
    send(response, issueCode(controls, request.params.provider, request));
  });
  router.post('/revoke/:provider', body, (request: Request<{ provider: string }>, response) => {
    send(response, revoke(controls, request.params.provider, request));
  });
  router.post('/app-tickets/wps', body, (request, response) => {
    send(response, pushAppTicket(controls, request));
  });
  router.post('/faults', body, (request, response) => {
    const reply = withBody(request, faultSchema, (rule) => {
      controls.addFault(rule);
      return emptyReply(204);
    });
    send(response, reply);
  });
  router.post('/clock', body, (request, response) => {
    const reply = withBody(request, clockSchema, ({ advanceSeconds }) => {
      const now = controls.advanceClock(advanceSeconds);
      return jsonReply(200, { now: now.toISOString() }, { Date: now.toUTCString() });
    });
    send(response, reply);
  });
  router.post('/reset', (_request, response) => {
    controls.reset();
    send(response, emptyReply(204));
  });
  router.get('/log', (_request, response) => {
    send(response, jsonReply(200, { requests: controls.log() }, fresh));
  });
  router.get('/counters', (_request, response) => {
    send(response, jsonReply(200, controls.counters(), fresh));
  });
  return router;
}

function issueCode(controls: Controls, name: string, request: Request<{ provider: string }>): Reply {
  const provider = providerOf(name);
  if (!provider) return unknownProvider;
  const schema = codeSchema(provider);
  return withBody(request, schema, (options) =>
    jsonReply(201, { code: controls.issueCode(provider, options) }),
  );
}

function revoke(controls: Controls, name: string, request: { body: unknown }): Reply {
  const provider = providerOf(name);
  if (!provider) return unknownProvider;
  return withBody(request, revokeSchema, (options) =>
    jsonReply(200, { revoked: controls.revoke(provider, options) }),
  );
}

function pushAppTicket(controls: Controls, request: { body: unknown }): Reply {
  return withBody(request, appTicketSchema, ({ clientId }) => {
    try {
      return jsonReply(201, { appTicket: controls.pushAppTicket(clientId) }, fresh);
    } catch (error) {
      return problem(409, (error as Error).message, 'clientId');
    }
  });
}

const unknownProvider = problem(404, `provider must be one of ${providerNames.join(', ')}`);

function providerOf(name: string): ProviderName | undefined {
  return providerNames.find((known) => known === name);
}

/** Runs with the checked body; an empty one counts as `{}`. */
function withBody<T>(request: { body: unknown }, schema: z.ZodType<T>, run: (value: T) => Reply): Reply {
  const value = parse(Buffer.isBuffer(request.body) ? request.body.toString('utf8') : '');
  if (value === undefined) return problem(400, 'body: is not JSON', 'body');
  const checked = check(schema, value);
  return 'flaw' in checked ? problem(400, checked.flaw.detail, checked.flaw.field) : run(checked.value);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text || '{}');
  } catch {
    return undefined;
  }
}
