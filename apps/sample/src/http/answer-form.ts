import { type IncomingMessage } from 'node:http';

const programs = /^\/(api|broker)(\/|$)/i;
const attempts = /^\/auth\/[^/]+\/attempts\/?$/i;
const loginStart = /^\/auth\/[^/]+\/?$/i;

/** Routes that answer in one form, whatever a client prefers; undefined: the client's wish decides. */
export function fixedForm(request: IncomingMessage & { originalUrl?: string }): 'json' | 'page' | undefined {
  const [path = '/'] = (request.originalUrl ?? request.url ?? '/').split('?');
  if (programs.test(path) || attempts.test(path)) return 'json';
  return request.method !== 'POST' && loginStart.test(path) ? 'page' : undefined;
}
