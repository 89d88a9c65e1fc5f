import { type RequestHandler } from 'express';
import session from 'express-session';
import { type SealedSessions } from 'nestjs-oauth-providers';
import { type SampleConfig } from '../config/sample-config.js';
import { SealedSessionStore } from './sealed-session-store.js';

const lifetimeMs = 7 * 24 * 60 * 60 * 1000;

/** The session cookie: its name, and the attributes that setting and clearing it have in common. */
export function sessionCookie(secure: boolean) {
  const attributes = { path: '/', httpOnly: true, sameSite: 'lax', secure } as const;
  // __Host-: the browser takes it from this host over https only, and from no subdomain.
  return { name: secure ? '__Host-sid' : 'sid', attributes };
}

/** Sessions: none before somebody signs in, and for seven days after the last visit. */
export function sessions(config: SampleConfig, sealed: SealedSessions): RequestHandler {
  const { name, attributes } = sessionCookie(config.publicUrl.secure);
  return session({
    name,
    cookie: { ...attributes, maxAge: lifetimeMs },
    secret: config.sessionSecret,
    store: new SealedSessionStore(sealed, lifetimeMs),
    resave: false,
    saveUninitialized: false,
    rolling: true,
  });
}

/**
 * Tells express-session, which refuses to send a Secure cookie over what looks like plain http, how browsers
 * reach us. A proxy that ends TLS in front of us is known from PUBLIC_URL; no header of a request is believed.
 */
export function publicScheme(secure: boolean): RequestHandler {
  return (request, _response, next) => {
    Object.defineProperty(request, 'secure', { value: secure, configurable: true });
    next();
  };
}
