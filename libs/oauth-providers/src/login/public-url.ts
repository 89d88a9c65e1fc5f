import { OAuthConfigurationError } from '../core/errors.js';

/** Where browsers reach the application. Nothing of a request's `Host` or `X-Forwarded-*` is ever believed. */
export class PublicUrl {
  /** Scheme, host and port, as a browser writes it into `Origin`. */
  readonly origin: string;
  /** Whether cookies are `Secure` and carry the `__Host-` prefix. */
  readonly secure: boolean;
  private readonly prefix: string;

  /** @throws OAuthConfigurationError when it is not an absolute http(s) URL without query, fragment and credentials */
  constructor(value: string) {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    const extras = url === undefined ? '' : url.username + url.password + url.search + url.hash;
    if (url === undefined || extras !== '' || !/^https?:$/.test(url.protocol)) {
      throw new OAuthConfigurationError(
        'publicUrl (PUBLIC_URL) must be the address at which browsers reach the application, such as https://app.example.com.',
      );
    }
    this.origin = url.origin;
    this.secure = url.protocol === 'https:';
    this.prefix = url.pathname.replace(/\/+$/, '');
  }

  /** The absolute URL of a path of the application. */
  absolute(path: string): string {
    return `${this.origin}${this.prefix}${path}`;
  }

  /** The path of a request as the application routes it, whether a proxy in front strips the prefix or not. */
  route(requestPath: string): string {
    return this.prefix !== '' && requestPath.startsWith(`${this.prefix}/`)
      ? requestPath.slice(this.prefix.length)
      : requestPath;
  }
}
