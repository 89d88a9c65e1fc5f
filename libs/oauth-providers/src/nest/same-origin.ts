import { ForbiddenException } from '@nestjs/common';
import { type IncomingMessage } from 'node:http';
import { type PublicUrl } from '../login/public-url.js';

/**
 * Refuses requests that a browser sends on behalf of another site. Requests of programs, which carry neither
 * header, pass: there is no victim's browser behind them.
 *
 * @throws ForbiddenException
 */
export function assertSameOrigin(request: IncomingMessage, publicUrl: PublicUrl): void {
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (
    (origin !== undefined && origin !== publicUrl.origin) ||
    site === 'cross-site' ||
    site === 'same-site'
  ) {
    throw new ForbiddenException(
      'This request comes from another site and is refused. 拒绝来自其他网站的请求。',
    );
  }
}
