import { type Request } from 'express';
import { WpsAppTickets } from './app-tickets.js';
import { readAuthorize, type WpsCode } from './authorize.js';
import { refuse } from './errors.js';
import { identityOf } from './identity.js';
import { answerToken } from './token-endpoint.js';
import { WpsTokens } from './tokens.js';
import { type Revocable } from '../../core/grants.js';
import { Ledger } from '../../core/ledger.js';
import { type CodeRequest, type Endpoint, type Persona, type Site, type World } from '../../core/persona.js';
import { type DemoUser } from '../../core/users.js';
import { jsonReply, type Reply } from '../../http/reply.js';
import { answerAuthorize } from '../../pages/authorize.js';
import { avatarUrl } from '../../pages/avatar.js';

const codeLifetime = 10 * 60;
const profileScope = 'kso.user_base.read';

/**
 * WPS 365 (`openapi.wps.cn`).
 *
 * @see "获取用户 access_token" for the token endpoint; "user-authorization/flow", "user-info" and "push-app-ticket" of
 * open.wps.cn for the authorize request, the profile and the app tickets.
 */
export class WpsPersona implements Persona {
  readonly provider = 'wps';
  readonly endpoints: readonly Endpoint[];
  readonly #world: World;
  readonly #codes: Ledger<WpsCode>;
  readonly #tokens: WpsTokens;
  readonly #appTickets: WpsAppTickets;

  constructor(world: World) {
    this.#world = world;
    this.#codes = new Ledger(world.clock);
    this.#tokens = new WpsTokens(world);
    this.#appTickets = new WpsAppTickets(world);
    const read = (query: URLSearchParams) => readAuthorize(world, query, (code) => this.#issue(code));
    const parts = { world, codes: this.#codes, tokens: this.#tokens, appTickets: this.#appTickets };
    this.endpoints = [
      {
        path: '/oauth2/auth',
        methods: ['GET', 'POST'],
        isPage: true,
        handle: answerAuthorize('wps', world.autoApprove, read),
      },
      { path: '/oauth2/token', methods: ['POST'], handle: (request) => answerToken(parts, request) },
      { path: '/oauth2/ticket/active', methods: ['POST'], handle: this.#activate.bind(this) },
      { path: '/v7/users/current', methods: ['GET'], handle: this.#currentUser.bind(this) },
    ];
  }

  issueCode({ user, scopes, clientId }: CodeRequest): string {
    return this.#issue({ user, scopes: scopes ?? [profileScope], clientId });
  }

  revoke(what: Revocable, user: DemoUser | undefined): number {
    return this.#tokens.revoke(what, user);
  }

  pushAppTicket(clientId: string): string | undefined {
    return this.#appTickets.push(clientId);
  }

  reset(): void {
    for (const part of [this.#codes, this.#tokens, this.#appTickets]) part.clear();
  }

  #issue(code: WpsCode): string {
    const text = `ga${this.#world.ids.base64url(24)}`;
    this.#codes.put(text, code, codeLifetime);
    return text;
  }

  /** Starts the pushing of app tickets; the token is the one an ISV app has for itself, without a tenant. */
  #activate(request: Request): Reply {
    const bearer = bearerOf(request);
    if (!bearer) return refuse('accessTokenMissing');
    const { status, value: token } = this.#tokens.app(bearer);
    if (status === 'expired') return refuse('accessTokenExpired');
    if (status !== 'live') {
      const isUsers = this.#tokens.access(bearer).status === 'live';
      return refuse(isUsers ? 'isvTokenNeeded' : 'accessTokenInvalid');
    }
    if (token.companyId !== undefined) return refuse('isvTokenNeeded');
    this.#appTickets.activate(token.clientId);
    return jsonReply(200, { code: 0 });
  }

  #currentUser(request: Request, site: Site): Reply {
    const bearer = bearerOf(request);
    if (!bearer) return refuse('accessTokenMissing');
    const { status, value: token } = this.#tokens.access(bearer);
    if (status === 'expired') return refuse('accessTokenExpired');
    if (status !== 'live') {
      const isApps = this.#tokens.app(bearer).status === 'live';
      return refuse(isApps ? 'userTokenNeeded' : 'accessTokenInvalid');
    }
    const { user, scopes } = token.value;
    if (!scopes.includes(profileScope)) return refuse('scopeMissing');
    const avatar = avatarUrl(site.origin, 'wps', user) ?? '';
    const data = { ...identityOf(user), user_name: user.name, avatar };
    return jsonReply(200, { code: 0, msg: '', data });
  }
}

function bearerOf(request: Request): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
}
