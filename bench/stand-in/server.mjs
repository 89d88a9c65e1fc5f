// A stand-in for an OAuth server that does as little as it can per request: the contenders are measured, not this.
// Codes and tokens carry what they mean, so that nothing has to be kept but the generation of rotated refresh tokens.
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { parse } from 'node:querystring';

const pad = randomBytes(8192).toString('base64url');
const state = { latencyMs: 0, tokenBytes: 0, oneShot: true, expiresIn: 3600 };
const generations = new Map();
let counts;
const servers = [];

const zero = () => ({ exchanges: 0, refreshes: 0, userInfos: 0, reuses: 0, refused: 0 });
reset();

/** Begins anew: no counts, no generations. */
export function reset() {
  counts = zero();
  generations.clear();
}

/** What was called since the last reset. */
export const counted = () => ({ ...counts });

/** Changes how it answers: `latencyMs`, `tokenBytes` per token, `oneShot` refresh tokens, `expiresIn`. */
export function set(change) {
  Object.assign(state, change);
}

/** Listens, with a certificate on a second port. */
export async function start({ tls } = {}) {
  const plain = createServer(handle);
  const secure = tls && createTlsServer(tls, handle);
  for (const server of [plain, secure].filter(Boolean)) {
    server.keepAliveTimeout = 600_000;
    await new Promise((resolve) => server.listen(0, '127.0.0.1', 4096, resolve));
    servers.push(server);
  }
  return {
    url: `http://127.0.0.1:${plain.address().port}`,
    tlsUrl: secure && `https://localhost:${secure.address().port}`,
  };
}

function handle(request, response) {
  if (request.method === 'GET') {
    request.resume();
    later(response, () => (request.url === '/userinfo' ? userInfo(request) : notFound));
    return;
  }
  let body = '';
  request.setEncoding('latin1');
  request.on('data', (chunk) => (body += chunk));
  request.on('end', () => later(response, () => token(request, parse(body))));
}

/** The answer is decided at once and sent after the latency, as a platform far away would. */
function later(response, decide) {
  const { status, text } = decide();
  const send = () => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  };
  if (state.latencyMs > 0) setTimeout(send, state.latencyMs);
  else send();
}

const answer = (status, value) => ({ status, text: JSON.stringify(value) });
const notFound = answer(404, { error: 'not_found' });

function refused(error) {
  counts.refused += 1;
  return answer(400, { error });
}

function userInfo({ headers }) {
  const [kind, subject] = (headers.authorization ?? '').slice('Bearer '.length).split('.');
  if (kind !== 'at') return refused('invalid_token');
  counts.userInfos += 1;
  const email = `${subject}@example.com`;
  return answer(200, { sub: subject, id: subject, name: subject, email, email_verified: true });
}

function token({ headers }, form) {
  if (headers.authorization === undefined && form.client_id === undefined) return refused('invalid_client');
  if (form.grant_type === 'refresh_token') return refresh(form);
  if (form.grant_type !== 'authorization_code') return refused('unsupported_grant_type');
  const [kind, subject, challenge] = (form.code ?? '').split('.');
  if (kind !== 'code') return refused('invalid_grant');
  if (challenge !== '') {
    const proof = createHash('sha256')
      .update(form.code_verifier ?? '')
      .digest('base64url');
    if (proof !== challenge) return refused('invalid_grant');
  }
  counts.exchanges += 1;
  return tokens(subject, 0);
}

function refresh(form) {
  const [kind, subject, generation] = (form.refresh_token ?? '').split('.');
  if (kind !== 'rt') return refused('invalid_grant');
  counts.refreshes += 1;
  const current = generations.get(subject) ?? 0;
  if (state.oneShot && Number(generation) !== current) {
    counts.reuses += 1;
    return refused('invalid_grant');
  }
  generations.set(subject, current + 1);
  return tokens(subject, current + 1);
}

function tokens(subject, generation) {
  return answer(200, {
    access_token: tokenOf('at', subject, generation, state.tokenBytes),
    token_type: 'bearer',
    expires_in: state.expiresIn,
    refresh_token: tokenOf('rt', subject, generation, state.tokenBytes),
  });
}

function tokenOf(kind, subject, generation, bytes) {
  const head = `${kind}.${subject}.${generation}.`;
  return head + pad.slice(0, Math.max(0, bytes - head.length));
}
