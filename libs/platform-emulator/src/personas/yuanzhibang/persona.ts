import { type Request } from 'express';
import { YuanzhibangAppTokens } from './app-tokens.js';
import { openIdOf } from './identity.js';
import { refuse, succeed } from './replies.js';
import { YuanzhibangUserTokens } from './user-tokens.js';
import { type Revocable } from '../../core/grants.js';
import { Ledger } from '../../core/ledger.js';
import { type CodeRequest, type Endpoint, type Persona, type Site, type World } from '../../core/persona.js';
import { type DemoUser } from '../../core/users.js';
import { formOf, given } from '../../http/body.js';
import { type Reply } from '../../http/reply.js';
import { avatarUrl } from '../../pages/avatar.js';

/** The access an app needs to read nick, avatar and sex (named as `getAppAccess` names it). */
export const baseInfoAccess = 'user/get_user_base_info';

interface YuanzhibangCode {
  readonly user: DemoUser;
  readonly access: readonly string[];
  readonly appId?: string | undefined;
}

/** What an app knows a user by, and what the user lets it see. */
interface Acquaintance {
  readonly user: DemoUser;
  readonly access: readonly string[];
}

/** No document says how long a code lives; five minutes, once, is *invented*. */
const codeLifetime = 5 * 60;

/**
 * 猿之棒 (`oauth.yuanzhibang.com`): POST only, urlencoded, HTTP 200 for refusals too. Codes come from its bridge:
 * there is no authorize URL.
 *
 * @see "OAuth2 接口说明"; the vendor's clients for the server token, the refresh and the user resources
 */
export class YuanzhibangPersona implements Persona {
  readonly provider = 'yuanzhibang';
  readonly endpoints: readonly Endpoint[];
  readonly #world: World;
  readonly #codes: Ledger<YuanzhibangCode>;
  readonly #userTokens: YuanzhibangUserTokens;
  readonly #appTokens: YuanzhibangAppTokens;
  readonly #acquaintances = new Map<string, Acquaintance>();

  constructor(world: World) {
    this.#world = world;
    this.#codes = new Ledger(world.clock);
    this.#userTokens = new YuanzhibangUserTokens(world);
    this.#appTokens = new YuanzhibangAppTokens(world);
    this.endpoints = [
      { path: '/OAuth2/token', methods: ['POST'], handle: this.#token.bind(this) },
      { path: '/OAuth2/refreshtoken', methods: ['POST'], handle: this.#refreshToken.bind(this) },
      { path: '/OAuth2/ticket', methods: ['POST'], handle: this.#ticket.bind(this) },
      { path: '/OAuth2/checkCode', methods: ['POST'], handle: this.#checkCode.bind(this) },
      { path: '/UserResource/getUserBaseInfo', methods: ['POST'], handle: this.#userBaseInfo.bind(this) },
    ];
  }

  issueCode({ user, scopes, clientId }: CodeRequest): string {
    const code = this.#world.ids.hex(15).toUpperCase();
    this.#codes.put(code, { user, access: scopes ?? [baseInfoAccess], appId: clientId }, codeLifetime);
    return code;
  }

  revoke(what: Revocable, user: DemoUser | undefined): number {
    return what === 'app' ? this.#appTokens.revoke() : this.#userTokens.revoke(what, user);
  }

  reset(): void {
    for (const part of [this.#codes, this.#userTokens, this.#appTokens, this.#acquaintances]) part.clear();
  }

  #token(request: Request): Reply {
    const form = formOf(request);
    const appId = given(form, 'app_id') ?? '';
    const client = this.#world.clients.find('yuanzhibang', appId);
    if (!client) return refuse('appIdInvalid');
    if (form.get('secret') !== client.clientSecret) return refuse('secretInvalid');
    switch (form.get('grant_type')) {
      case 'authorization_code':
        return this.#exchange(appId, given(form, 'code'));
      case 'client_credential':
        return succeed('2000', this.#appTokens.issueServerToken(appId));
      default:
        return refuse('grantTypeInvalid');
    }
  }

  #exchange(appId: string, text: string | undefined): Reply {
    if (text === undefined) return refuse('codeMissing');
    const { status, value: code } = this.#codes.look(text);
    if (status !== 'live' || (code.appId ?? appId) !== appId) return refuse('codeInvalid');
    this.#codes.spend(text);
    this.#acquaintances.set(`${appId}\n${openIdOf(code.user, appId)}`, code);
    return succeed(2000, this.#userTokens.start(code.user, appId));
  }

  /** Without the secret; `open_id` says whose token it is. The reply is taken to be that of the code exchange. */
  #refreshToken(request: Request): Reply {
    const form = formOf(request);
    const appId = this.#appIdOf(form);
    if (appId === undefined) return refuse('appIdInvalid');
    if (form.get('grant_type') !== 'refresh_token') return refuse('grantTypeInvalid');
    const openId = given(form, 'open_id');
    if (openId === undefined) return refuse('openIdInvalid');
    const text = given(form, 'refresh_token');
    if (text === undefined) return refuse('refreshTokenMissing');
    const data = this.#userTokens.rotate(text, appId, openId);
    return data ? succeed(2000, data) : refuse('refreshTokenInvalid');
  }

  #ticket(request: Request): Reply {
    const form = formOf(request);
    const appId = this.#appIdOf(form);
    if (appId === undefined) return refuse('appIdInvalid');
    if (form.get('type') !== 'js_ticket') return refuse('typeInvalid');
    const text = given(form, 'access_token');
    if (text === undefined) return refuse('accessTokenMissing');
    if (this.#appTokens.endOfServerToken(text, appId) === undefined) return refuse('serverTokenInvalid');
    return succeed('2000', this.#appTokens.issueTicket(appId));
  }

  /** `expires_in` is the absolute second of the end here, a number; everywhere else it is relative. */
  #checkCode(request: Request): Reply {
    const form = formOf(request);
    const appId = this.#appIdOf(form);
    if (appId === undefined) return refuse('appIdInvalid');
    const type = form.get('type');
    if (type !== 'access_token' && type !== 'js_ticket') return refuse('typeInvalid');
    const code = given(form, 'code');
    if (code === undefined) return refuse('codeMissing');
    const openId = given(form, 'open_id');
    if (type === 'js_ticket') return this.#checked(this.#appTokens.endOfTicket(code, appId), 'ticketInvalid');
    return openId === undefined
      ? this.#checked(this.#appTokens.endOfServerToken(code, appId), 'serverTokenInvalid')
      : this.#checked(this.#userTokens.endOf(code, appId, openId), 'userTokenInvalid');
  }

  #checked(
    end: number | undefined,
    failure: 'ticketInvalid' | 'serverTokenInvalid' | 'userTokenInvalid',
  ): Reply {
    if (end === undefined) return refuse(failure);
    this.#world.counters.add('yuanzhibang', 'introspections');
    return succeed('2000', { expires_in: Math.floor(end / 1000) });
  }

  #userBaseInfo(request: Request, site: Site): Reply {
    const form = formOf(request);
    const appId = this.#appIdOf(form);
    if (appId === undefined) return refuse('appIdInvalid');
    const text = given(form, 'access_token');
    if (text === undefined) return refuse('accessTokenMissing');
    if (this.#appTokens.endOfServerToken(text, appId) === undefined) return refuse('serverTokenInvalid');
    const known = this.#acquaintances.get(`${appId}\n${form.get('open_id') ?? ''}`);
    if (!known) return refuse('openIdInvalid');
    if (!known.access.includes(baseInfoAccess)) return refuse('notGranted');
    const { user } = known;
    const avatar = avatarUrl(site.origin, 'yuanzhibang', user) ?? '';
    return succeed('2000', { nick: user.name, avatar, sex: user.sex });
  }

  /** The app that calls, where no secret is asked for. */
  #appIdOf(form: URLSearchParams): string | undefined {
    return this.#world.clients.find('yuanzhibang', form.get('app_id') ?? '')?.clientId;
  }
}
