import { type Request } from 'express';
import { readAuthorize, type WpsCode } from './authorize.js';
import { refuse } from './errors.js';
import { WpsSigner } from './signer.js';

import { acceptsRedirect } from '../../core/clients.js';
import { Ledger } from '../../core/ledger.js';
import { type CodeRequest, type Endpoint, type Persona, type Site, type World } from '../../core/persona.js';
import { expand } from '../../core/randomness.js';
import { type DemoUser } from '../../core/users.js';
import { formOf, given, isForm } from '../../http/body.js';
import { jsonReply, type Reply } from '../../http/reply.js';
import { answerAuthorize } from '../../pages/authorize.js';
import { avatarUrl } from '../../pages/avatar.js';

interface WpsToken {
  readonly user: DemoUser;
  readonly scopes: readonly string[];
  readonly clientId: string;
}

const codeLifetime = 10 * 60;
const accessLifetime = 2 * 60 * 60;
const refreshLifetime = 30 * 24 * 60 * 60;
const profileScope = 'kso.user_base.read';

/**
 * WPS 365 (`openapi.wps.cn`).
 *
 * @see "获取用户 access_token" for the token endpoint; "user-authorization/flow" and "user-info" of open.wps.cn for
 * the authorize request and the profile.
 */
export class WpsPersona implements Persona {
  readonly provider = 'wps';
  readonly endpoints: readonly Endpoint[];
  readonly #world: World;
  readonly #signer: WpsSigner;
  readonly #codes: Ledger<WpsCode>;
  readonly #accessTokens: Ledger<WpsToken>;
  readonly #refreshTokens: Ledger<WpsToken>;

  constructor(world: World) {
    this.#world = world;
    this.#signer = new WpsSigner(world);
    this.#codes = new Ledger(world.clock);
    this.#accessTokens = new Ledger(world.clock);
    this.#refreshTokens = new Ledger(world.clock);
    const read = (query: URLSearchParams) => readAuthorize(world, query, (code) => this.#issue(code));
    this.endpoints = [
      {
        path: '/oauth2/auth',
        methods: ['GET', 'POST'],
        isPage: true,
        handle: answerAuthorize('wps', world.autoApprove, read),
      },
      { path: '/oauth2/token', methods: ['POST'], handle: this.#token.bind(this) },
      { path: '/v7/users/current', methods: ['GET'], handle: this.#currentUser.bind(this) },
    ];
  }

  issueCode({ user, scopes, clientId }: CodeRequest): string {
    return this.#issue({ user, scopes: scopes ?? [profileScope], clientId });
  }

  reset(): void {
    this.#codes.clear();
    this.#accessTokens.clear();
    this.#refreshTokens.clear();
  }

  #issue(code: WpsCode): string {
    const text = `ga${this.#world.ids.base64url(24)}`;
    this.#codes.put(text, code, codeLifetime);
    return text;
  }

  async #token(request: Request): Promise<Reply> {
    if (!isForm(request)) return refuse('contentType');
    const form = formOf(request);
    const grantType = given(form, 'grant_type');
    if (!grantType) return refuse('grantTypeMissing');
    if (grantType !== 'authorization_code') return refuse('grantTypeUnsupported');
    const clientId = given(form, 'client_id');
    if (!clientId) return refuse('clientIdMissing');
    const secret = given(form, 'client_secret');
    if (!secret) return refuse('clientSecretMissing');
    const client = this.#world.clients.find('wps', clientId);
    if (!client) return refuse('clientIdInvalid');
    if (client.clientSecret !== secret) return refuse('clientSecretInvalid');
    const text = given(form, 'code');
    if (!text) return refuse('codeMissing');
    const redirectUri = given(form, 'redirect_uri');
    if (!redirectUri) return refuse('redirectUriMissing');
    const { status, value: code } = this.#codes.look(text);
    if (status === 'unknown' || (code.clientId ?? clientId) !== clientId) return refuse('codeInvalid');
    if (status === 'spent') return refuse('codeUsed');
    if (status === 'expired') return refuse('codeExpired');
    const matches = code.redirectUri
      ? code.redirectUri === redirectUri
      : acceptsRedirect(client, redirectUri);
    if (!matches) return refuse('redirectUriMismatch');
    this.#codes.spend(text);
    return jsonReply(200, await this.#grant({ user: code.user, scopes: code.scopes, clientId }));
  }

  async #grant(token: WpsToken): Promise<Record<string, string | number>> {
    const { id, company_id } = this.#identity(token.user);
    const claims = { sub: id, client_id: token.clientId, company_id, scope: token.scopes.join(',') };
    const accessToken = await this.#signer.sign({ ...claims, typ: 'access_token' }, accessLifetime);
    const refreshToken = await this.#signer.sign({ ...claims, typ: 'refresh_token' }, refreshLifetime);
    this.#accessTokens.put(accessToken, token, accessLifetime);
    this.#refreshTokens.put(refreshToken, token, refreshLifetime);
    return {
      access_token: accessToken,
      expires_in: accessLifetime,
      refresh_token: refreshToken,
      refresh_expires_in: refreshLifetime,
      token_type: 'bearer',
    };
  }

  #currentUser(request: Request, site: Site): Reply {
    const bearer = /^Bearer +(\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
    if (!bearer) return refuse('accessTokenMissing');
    const { status, value: token } = this.#accessTokens.look(bearer);
    if (status === 'unknown') return refuse('accessTokenInvalid');
    if (status !== 'live') return refuse('accessTokenExpired');
    if (!token.scopes.includes(profileScope)) return refuse('scopeMissing');
    const avatar = avatarUrl(site.origin, 'wps', token.user) ?? '';
    const data = { ...this.#identity(token.user), user_name: token.user.name, avatar };
    return jsonReply(200, { code: 0, msg: '', data });
  }

  #identity(user: DemoUser): { id: string; company_id: string } {
    return {
      id: expand(`wps\nuser\n${user.key}`, 12).toString('base64url'),
      company_id: expand('wps\ncompany', 9).toString('base64url'),
    };
  }
}
