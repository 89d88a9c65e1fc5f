import { type ConfiguredProvider } from '../../libs/oauth-providers/src/core/define-provider.js';
import { type HttpReply, type HttpRequest } from '../../libs/oauth-providers/src/core/ports.js';
import { anyweb } from '../../libs/oauth-providers/src/providers/anyweb.js';
import { huawei } from '../../libs/oauth-providers/src/providers/huawei.js';
import { wps } from '../../libs/oauth-providers/src/providers/wps.js';

/** What a request asks of a platform, read out of its own way of saying it. */
export type Asked =
  | { readonly what: 'refresh'; readonly token: string }
  | { readonly what: 'app' }
  | { readonly what: 'revoke'; readonly token: string };

/** New tokens, before they are written in a platform's own way. */
export interface Granted {
  readonly access: string;
  /** Absent when the platform keeps the old one and does not repeat it. */
  readonly refresh?: string | undefined;
  /** Seconds. */
  readonly lives: number;
  readonly refreshLives: number;
}

/** How a platform speaks. */
export interface Dialect {
  readonly provider: ConfiguredProvider;
  read(request: HttpRequest): Asked;
  granted(what: 'refresh' | 'app', granted: Granted): HttpReply;
  /** The refresh token is dead. */
  readonly dead: HttpReply;
  /** Our secret is wrong. */
  readonly client: HttpReply;
  /** A refusal nobody documented. */
  readonly odd: HttpReply;
}

export function reply(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpReply {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { status, headers, body: Buffer.from(text) };
}

function form(request: HttpRequest): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(String(request.body)));
}

const wpsDialect: Dialect = {
  provider: wps({ clientId: 'AK-simulated', clientSecret: 'CANARY-wps-secret' }),
  read(request) {
    const { grant_type: grant, refresh_token: token = '' } = form(request);
    return grant === 'refresh_token' ? { what: 'refresh', token } : { what: 'app' };
  },
  granted: (_what, { access, refresh, lives, refreshLives }) =>
    reply(200, {
      access_token: access,
      ...(refresh === undefined ? {} : { refresh_token: refresh, refresh_expires_in: refreshLives }),
      expires_in: lives,
      token_type: 'bearer',
    }),
  dead: reply(400, { code: 400001, msg: 'refresh_token invalid or expired' }),
  client: reply(400, { code: 400002, msg: 'client_secret is wrong' }),
  odd: reply(400, { code: 400003, msg: 'hm' }),
};

const huaweiDialect: Dialect = {
  provider: huawei({ clientId: '1074', clientSecret: 'CANARY-huawei-secret' }),
  read(request) {
    const { grant_type: grant, refresh_token: token = '', token: revoked = '' } = form(request);
    if (request.url.endsWith('/revoke')) return { what: 'revoke', token: revoked };
    return grant === 'refresh_token' ? { what: 'refresh', token } : { what: 'app' };
  },
  granted: (_what, { access, lives }) =>
    reply(200, { access_token: access, expires_in: lives, token_type: 'Bearer', scope: 'openid profile' }),
  dead: reply(400, { error: 1203, sub_error: 31204, error_description: 'refresh token is invalid' }),
  client: reply(400, { error: 1101, sub_error: 20002, error_description: 'client' }),
  odd: reply(400, { error: 1999, sub_error: 1, error_description: 'hm' }),
};

const anywebDialect: Dialect = {
  provider: anyweb({ appId: 'simulated', secret: 'CANARY-anyweb-secret' }),
  read(request) {
    if (request.url.endsWith('/serviceToken')) return { what: 'app' };
    const { refreshToken } = JSON.parse(String(request.body)) as { refreshToken: string };
    return { what: 'refresh', token: refreshToken };
  },
  granted: (what, { access, refresh, lives, refreshLives }) =>
    what === 'app'
      ? reply(200, { code: 1000, data: { serviceToken: access, expiresIn: lives } })
      : reply(200, {
          code: 1000,
          data: {
            token: access,
            expire: lives,
            ...(refresh === undefined ? {} : { refreshToken: refresh, refreshExpire: refreshLives }),
          },
        }),
  dead: reply(200, { code: 'A107P009', message: 'invalid refreshToken' }),
  client: reply(200, { code: 'A107P005', message: 'appid' }),
  odd: reply(200, { code: 'Z999', message: 'hm' }),
};

/** The platforms that are simulated. */
export const dialects = { wps: wpsDialect, huawei: huaweiDialect, anyweb: anywebDialect } as const;

export type PlatformName = keyof typeof dialects;
