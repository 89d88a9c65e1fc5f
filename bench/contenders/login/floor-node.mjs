// The floor: node:http and nothing else.
import { createServer } from 'node:http';
import { LoginByHand } from './by-hand.mjs';
import { cookieOf, listenOn } from './shared.mjs';

export async function start({ standIn, port }) {
  const login = new LoginByHand(standIn, `http://127.0.0.1:${port}/callback`);
  const handle = async (request, response) => {
    const at = request.url.indexOf('?');
    const path = at < 0 ? request.url : request.url.slice(0, at);
    const id = cookieOf(request, 'sid');
    if (path === '/login') {
      const begun = login.begin();
      redirect(response, begun.location, begun.id);
    } else if (path === '/callback') {
      const entered = await login.finish(id, new URLSearchParams(request.url.slice(at)));
      if (entered === undefined) response.writeHead(403).end();
      else redirect(response, '/', entered);
    } else {
      response
        .setHeader('content-type', 'application/json')
        .end(JSON.stringify({ subject: login.subject(id) }));
    }
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.writeHead(502).end());
  });
  await listenOn(server, port);
  return { begin: { path: '/login' } };
}

function redirect(response, location, id) {
  response.writeHead(302, { location, 'set-cookie': `sid=${id}; Path=/; HttpOnly; SameSite=Lax` }).end();
}
