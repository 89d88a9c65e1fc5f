import { HttpException, HttpStatus } from '@nestjs/common';
import { type RequestHandler } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

const windowSeconds = 60;
const start = /^\/auth\/([^/]+)\/?$/i;
const attempt = /^\/auth\/([^/]+)\/attempts\/?$/i;

/** Our own limit, not the platform's. */
export class TooManyLogins extends HttpException {
  constructor(readonly provider: string) {
    super('Too many logins were begun from this address.', HttpStatus.TOO_MANY_REQUESTS);
  }
}

/**
 * Login starts per minute and client address: that of the connection, since headers can say anything. Each process
 * counts for itself, whatever the store: who has not signed in must not be able to cause writes by asking.
 */
export function limitLogins(perMinute: number): RequestHandler {
  if (perMinute === 0) return (_request, _response, next) => next();
  const limiter = new RateLimiterMemory({ points: perMinute, duration: windowSeconds });
  return (request, response, next) => {
    const { method, path } = request;
    const provider = (method === 'POST' ? attempt : start).exec(path)?.[1];
    if (provider === undefined) {
      next();
      return;
    }
    limiter.consume(request.socket.remoteAddress ?? 'unknown').then(
      () => next(),
      (refusal: unknown) => {
        if (!(refusal instanceof RateLimiterRes)) {
          next(refusal);
          return;
        }
        response.setHeader('Retry-After', Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)));
        next(new TooManyLogins(provider));
      },
    );
  };
}
