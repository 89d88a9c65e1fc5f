import { type Request, Router } from 'express';
import { assetReply, type Reply, send, textReply } from './reply.js';
import { providerNames } from '../core/provider-name.js';
import { findUser } from '../core/users.js';
import { avatarSvg } from '../pages/avatar.js';
import { icon } from '../pages/icon.js';
import { stylesheet } from '../pages/stylesheet.js';

/** The style sheet of the pages and the demo users' avatars. */
export function assetRoutes(): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.get('/assets/page.css', (_request, response) => {
    send(response, assetReply('text/css; charset=utf-8', stylesheet));
  });
  router.get('/assets/icon.svg', (_request, response) => {
    send(response, assetReply('image/svg+xml', icon));
  });
  router.get('/avatars/:provider/:file', (request: Request<{ provider: string; file: string }>, response) => {
    send(response, avatar(request.params.provider, request.params.file));
  });
  return router;
}

/** Shown as an image by pages of other origins; opened by itself it can do nothing. */
const avatarHeaders = {
  'Content-Security-Policy': "default-src 'none'",
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

function avatar(providerName: string, file: string): Reply {
  const provider = providerNames.find((name) => name === providerName);
  const user = findUser(/^(.+)\.svg$/.exec(file)?.[1] ?? '');
  if (!provider || !user?.hasAvatar) return textReply(404, '404 page not found');
  return assetReply('image/svg+xml', avatarSvg(provider, user), avatarHeaders);
}
