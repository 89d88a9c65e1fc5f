import { type HttpPort } from '../core/ports.js';
import { AxiosHttp } from './axios-http.js';
import { type OAuthProvidersOptions } from './options.js';
import { UndiciHttp } from './undici-http.js';

/** What all calls go through. Without an `HttpService` nobody could see axios at work, so it is left out. */
export function httpPortOf({
  http,
  httpService,
}: Pick<OAuthProvidersOptions, 'http' | 'httpService'>): HttpPort {
  return http ?? (httpService === undefined ? new UndiciHttp() : new AxiosHttp(httpService));
}
