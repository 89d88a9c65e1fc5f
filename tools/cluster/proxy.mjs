// One public address for several processes: every request goes to the next one, whoever sent it, so that nothing
// can depend on meeting the same process twice.
import { createServer, request as send } from 'node:http';
import { clearInterval, setInterval } from 'node:timers';

const drainMs = 3000;

// What belongs to one connection and not to the message. Transfer-Encoding stays: it says that there is a body.
const ofConnection = new Set(['connection', 'keep-alive', 'proxy-connection', 'upgrade', 'expect']);

/**
 * An HTTP server that passes requests on to `backends` in turn. The list is read anew for each request, so backends
 * may come and go. A backend is `{ id, port }` on this machine; answers carry its id in X-Served-By.
 */
export function createProxy(backends) {
  let turn = 0;
  return createServer((request, response) => {
    const first = turn++ % Math.max(backends.length, 1);
    forward(request, response, [...backends.slice(first), ...backends.slice(0, first)]);
  });
}

/** Takes no more requests, lets those under way finish, and cuts what is left after three seconds. */
export async function drain(proxy) {
  const idle = setInterval(() => proxy.closeIdleConnections(), 50);
  const deadline = setTimeout(() => proxy.closeAllConnections(), drainMs);
  await new Promise((resolve) => proxy.close(resolve));
  clearInterval(idle);
  clearTimeout(deadline);
}

function forward(request, response, [backend, ...others]) {
  if (backend === undefined) {
    refuse(response, 'No process of the cluster takes requests.');
    return;
  }
  let connected = false;
  const upstream = send({
    host: '127.0.0.1',
    port: backend.port,
    method: request.method,
    path: request.url,
    headers: endToEnd(request.rawHeaders),
    setHost: false,
    // A connection of its own: one that was kept may have died, and then nobody knows what has been sent.
    agent: false,
  });
  const abandon = () => upstream.destroy();
  response.once('close', abandon);
  upstream.once('socket', (socket) =>
    socket.once('connect', () => {
      connected = true;
      // Not before: what has been read of a body could not be sent to another process.
      request.pipe(upstream);
    }),
  );
  upstream.once('response', (answer) => {
    const headers = [...endToEnd(answer.rawHeaders), 'X-Served-By', String(backend.id)];
    response.writeHead(answer.statusCode, answer.statusMessage, headers);
    response.flushHeaders();
    answer.pipe(response);
    // An answer that was cut must not look like one that is complete.
    answer.once('close', () => answer.complete || response.destroy());
  });
  upstream.on('error', (error) => {
    if (response.destroyed) return;
    if (!connected && error.code === 'ECONNREFUSED') {
      response.off('close', abandon);
      forward(request, response, others);
    } else if (response.headersSent) {
      response.destroy();
    } else {
      refuse(response, `Process ${backend.id} has not answered.`);
    }
  });
}

function refuse(response, sentence) {
  response.writeHead(502, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
  response.end(`${sentence}\n`);
}

function endToEnd(rawHeaders) {
  const kept = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!ofConnection.has(rawHeaders[index].toLowerCase()))
      kept.push(rawHeaders[index], rawHeaders[index + 1]);
  }
  return kept;
}
