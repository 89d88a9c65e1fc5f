import express, { type Request, Router } from 'express';
import { anywebScript } from './anyweb-script.js';
import { readAnyweb, readGeneration, readYuanzhibang, type SdkRequest, type SdkWorld } from './consent.js';
import { answerScript } from './overlay-script.js';
import { yuanzhibangScript } from './yuanzhibang-script.js';
import { demoUsers } from '../core/users.js';
import { formOf, given, queryOf } from '../http/body.js';
import { assetReply, jsonReply, type Reply, send, textReply } from '../http/reply.js';
import { badForm, chosenUser } from '../pages/authorize.js';
import { consentPage, errorPage } from '../pages/consent-page.js';
import { html, layout, pageReply } from '../pages/html.js';

const javascript = 'text/javascript; charset=utf-8';
/** Loaded by pages of other origins. */
const scriptHeaders = { 'Cross-Origin-Resource-Policy': 'cross-origin' };
const readers = { anyweb: readAnyweb, yuanzhibang: readYuanzhibang };

/** The scripts pages load, and the consent they lay over the page, which anybody may frame. */
export function sdkRoutes(world: SdkWorld): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const body = express.raw({ type: () => true, limit: '64kb' });

  router.get('/sdk/anyweb.js', (request, response) => {
    const isKnown = readGeneration(queryOf(request)) !== undefined;
    send(response, isKnown ? script(anywebScript) : textReply(400, 'generation must be G1, G2 or G3'));
  });
  router.get('/sdk/yuanzhibang.js', (_request, response) => {
    send(response, script(yuanzhibangScript));
  });
  router.get('/sdk/answer.js', (_request, response) => {
    send(response, script(answerScript));
  });
  for (const provider of ['anyweb', 'yuanzhibang'] as const) {
    router.get(`/sdk/${provider}/consent`, (request, response) => {
      send(response, showConsent(world, provider, request));
    });
    router.post(`/sdk/${provider}/consent`, body, (request, response) => {
      send(response, answerConsent(world, provider, request));
    });
  }
  router.post('/sdk/anyweb/code', body, (request, response) => {
    send(response, issueCode(world, given(formOf(request), 'grant')));
  });
  return router;
}

function script(text: string): Reply {
  return assetReply(javascript, text, scriptHeaders);
}

type SdkProvider = keyof typeof readers;

function showConsent(world: SdkWorld, provider: SdkProvider, request: Request): Reply {
  const query = queryOf(request);
  const target = targetOf(query);
  if (target === undefined) return refuseTarget(provider);
  const asked = readers[provider](world, query);
  if (asked.kind === 'error') return answerPage(target, refusal(asked));
  if (world.autoApprove) {
    return answerPage(target, { outcome: 'approved', ...asked.approve(demoUsers[0], new URLSearchParams()) });
  }
  const { clientId, scopes, option } = asked;
  const action = request.originalUrl;
  return pageReply(
    200,
    consentPage({ provider, clientId, destination: target, scopes, action, option }),
    '*',
  );
}

function answerConsent(world: SdkWorld, provider: SdkProvider, request: Request): Reply {
  const query = queryOf(request);
  const target = targetOf(query);
  if (target === undefined) return refuseTarget(provider);
  const asked = readers[provider](world, query);
  if (asked.kind === 'error') return answerPage(target, refusal(asked));
  const form = formOf(request);
  const user = chosenUser(form);
  const decision = form.get('decision');
  if (decision === 'deny') return answerPage(target, { outcome: 'denied' });
  if (decision !== 'approve' || !user) return pageReply(400, errorPage(provider, 'form', badForm), '*');
  return answerPage(target, { outcome: 'approved', ...asked.approve(user, form) });
}

/** G1's `anyweb_oauth`: any number of codes for what was granted once. Pages of every origin may ask. */
function issueCode(world: SdkWorld, grant: string | undefined): Reply {
  const headers = { 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-store' };
  const { status, value } = world.grants.look(grant ?? '');
  if (status !== 'live') return jsonReply(403, { message: 'the grant is unknown' }, headers);
  return jsonReply(200, { code: world.personas.anyweb.issueCode(value) }, headers);
}

function refusal({ code, message }: SdkRequest & { kind: 'error' }): Readonly<Record<string, unknown>> {
  return { outcome: 'error', code, message };
}

/** The origin of the page that asks; the answer is posted to it and to nobody else. */
function targetOf(query: URLSearchParams): string | undefined {
  const origin = query.get('origin') ?? '';
  return /^https?:/.test(origin) && URL.canParse(origin) && new URL(origin).origin === origin
    ? origin
    : undefined;
}

function refuseTarget(provider: SdkProvider): Reply {
  return pageReply(
    400,
    errorPage(provider, 'origin', 'origin must be the origin of the page that asks'),
    '*',
  );
}

function answerPage(target: string, answer: Readonly<Record<string, unknown>>): Reply {
  const body = html`<body data-target="${target}" data-answer="${JSON.stringify(answer)}">
    <script src="/__emulator/sdk/answer.js"></script>
  </body>`;
  return pageReply(200, layout('…', body), '*');
}
