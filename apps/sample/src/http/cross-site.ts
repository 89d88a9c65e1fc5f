import { type RequestHandler } from 'express';
import { assertSameOrigin, type OAuthLogin } from 'nestjs-oauth-providers';

const harmless = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses what another site's page sends in a visitor's name. The callback of a redirect provider is the one
 * exception: a platform may answer by a form, and state and cookie protect it.
 */
export function refuseCrossSite(login: OAuthLogin): RequestHandler {
  const callbacks = new Set(
    login
      .list()
      .filter(({ kind }) => kind === 'redirect')
      .map(({ name }) => login.get(name).callbackPath),
  );
  return (request, _response, next) => {
    if (!harmless.has(request.method) && !callbacks.has(request.path)) {
      assertSameOrigin(request, login.publicUrl);
    }
    next();
  };
}
