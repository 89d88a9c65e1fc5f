import { type Request } from 'express';
import { refuse, succeed } from './errors.js';
import { oauthAppFailures, readApp, textOf } from './fields.js';
import { mainNet, unionidOf } from './identity.js';
import { AnywebService } from './service.js';
import { AnywebSigner } from './signer.js';
import { type AnywebGrant, AnywebTokens } from './tokens.js';
import { answeredScopes, userInfo } from './user-info.js';
import { type Revocable } from '../../core/grants.js';
import { Ledger } from '../../core/ledger.js';
import { type CodeRequest, type Endpoint, type Persona, type Site, type World } from '../../core/persona.js';
import { DailyQuota } from '../../core/quota.js';
import { type DemoUser, demoUsers } from '../../core/users.js';
import { fieldsOf } from '../../http/body.js';
import { type Reply } from '../../http/reply.js';

interface AnywebCode extends AnywebGrant {
  readonly appid?: string | undefined;
}

const codeLifetime = 5 * 60;
/** "频率限制 每天 2000 次". */
const exchangesPerDay = 2000;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * AnyWeb (`api.anyweb.cc`). Codes come from its SDK: there is no authorize URL.
 *
 * @see "获取 AccessToken", and the wiki's OAuth/accessToken (refresh), OAuth/userInfo and SDK/usage pages
 */
export class AnywebPersona implements Persona {
  readonly provider = 'anyweb';
  readonly endpoints: readonly Endpoint[];
  readonly #world: World;
  readonly #tokens: AnywebTokens;
  readonly #service: AnywebService;
  readonly #codes: Ledger<AnywebCode>;
  readonly #exchangeQuota: DailyQuota;

  constructor(world: World) {
    const signer = new AnywebSigner(world);
    this.#world = world;
    this.#tokens = new AnywebTokens(world, signer);
    this.#service = new AnywebService(world, signer);
    this.#codes = new Ledger(world.clock);
    this.#exchangeQuota = new DailyQuota(world.clock, world.quotas ? exchangesPerDay : Infinity);
    this.endpoints = [
      { path: '/oauth/accessToken', methods: ['POST'], handle: this.#accessToken.bind(this) },
      { path: '/open/refreshToken', methods: ['POST'], handle: this.#refreshToken.bind(this) },
      { path: '/oauth/userInfo', methods: ['POST'], handle: this.#userInfo.bind(this) },
      ...this.#service.endpoints,
    ];
  }

  issueCode({ user, scopes, generation, clientId, network }: CodeRequest): string {
    const code = this.#world.ids.uuid();
    const grant = { user, scopes: scopes ?? ['baseInfo'], network: network ?? mainNet };
    this.#codes.put(code, { ...grant, generation: generation ?? 'G1', appid: clientId }, codeLifetime);
    return code;
  }

  revoke(what: Revocable, user: DemoUser | undefined): number {
    return what === 'app' ? this.#service.revoke() : this.#tokens.revoke(what, user);
  }

  reset(): void {
    for (const part of [this.#codes, this.#tokens, this.#service, this.#exchangeQuota]) part.clear();
  }

  async #accessToken(request: Request): Promise<Reply> {
    const fields = fieldsOf(request);
    const app = readApp(this.#world.clients, fields, oauthAppFailures);
    if ('failure' in app) return refuse(app.failure);
    if (!this.#exchangeQuota.take(app.appid)) return refuse('dailyLimit');
    const text = textOf(fields, 'code') ?? '';
    const { status, value: code } = this.#codes.look(text);
    if (status !== 'live' || (code.appid ?? app.appid) !== app.appid) return refuse('codeInvalid');
    this.#codes.spend(text);
    const token = { ...code, appid: app.appid };
    this.#service.meet(token);
    return succeed(await this.#tokens.start(token));
  }

  /** Only the refresh token, without appid and secret. */
  async #refreshToken(request: Request): Promise<Reply> {
    const data = await this.#tokens.rotate(textOf(fieldsOf(request), 'refreshToken') ?? '');
    return data ? succeed(data) : refuse('refreshTokenInvalid');
  }

  #userInfo(request: Request, site: Site): Reply {
    const fields = fieldsOf(request);
    const accessToken = textOf(fields, 'accessToken');
    if (accessToken === undefined) return refuse('accessTokenMissing');
    const unionid = textOf(fields, 'unionid');
    if (unionid === undefined) return refuse('unionidMissing');
    const app = readApp(this.#world.clients, fields, oauthAppFailures);
    if ('failure' in app) return refuse(app.failure);
    const token = this.#tokens.find(accessToken);
    if (token?.appid !== app.appid) return refuse('accessTokenInvalid');
    if (unionidOf(token.user) !== unionid)
      return refuse(isSomebody(unionid) ? 'unionidInvalid' : 'userUnknown');
    const scopes = answeredScopes(token, fields['scopes']);
    return scopes ? succeed(userInfo(token, scopes, site)) : refuse('unauthorized');
  }
}

/** Whether a wrong unionid could be anybody's: somebody else's or malformed, rather than nobody's. */
function isSomebody(unionid: string): boolean {
  return !uuid.test(unionid) || demoUsers.some((user) => unionidOf(user) === unionid);
}
