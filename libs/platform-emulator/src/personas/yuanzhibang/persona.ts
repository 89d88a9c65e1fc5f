import { type Request } from 'express';
import { refuse, succeed } from './replies.js';
import { Ledger } from '../../core/ledger.js';
import { type CodeRequest, type Endpoint, type Persona, type Site, type World } from '../../core/persona.js';
import { expand } from '../../core/randomness.js';
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
const accessLifetime = 2 * 60 * 60;

/**
 * 猿之棒 (`oauth.yuanzhibang.com`): POST only, urlencoded, HTTP 200 for refusals too. Codes come from its bridge:
 * there is no authorize URL.
 *
 * @see "OAuth2 接口说明"; the vendor's clients for the server token and the user resources
 */
export class YuanzhibangPersona implements Persona {
  readonly provider = 'yuanzhibang';
  readonly endpoints: readonly Endpoint[];
  readonly #world: World;
  readonly #codes: Ledger<YuanzhibangCode>;
  /** The token of an app, by its text: the app's id. */
  readonly #serverTokens: Ledger<string>;
  readonly #acquaintances = new Map<string, Acquaintance>();

  constructor(world: World) {
    this.#world = world;
    this.#codes = new Ledger(world.clock);
    this.#serverTokens = new Ledger(world.clock);
    this.endpoints = [
      { path: '/OAuth2/token', methods: ['POST'], handle: this.#token.bind(this) },
      { path: '/UserResource/getUserBaseInfo', methods: ['POST'], handle: this.#userBaseInfo.bind(this) },
    ];
  }

  issueCode({ user, scopes, clientId }: CodeRequest): string {
    const code = this.#world.ids.hex(15).toUpperCase();
    this.#codes.put(code, { user, access: scopes ?? [baseInfoAccess], appId: clientId }, codeLifetime);
    return code;
  }

  reset(): void {
    this.#codes.clear();
    this.#serverTokens.clear();
    this.#acquaintances.clear();
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
        return this.#serverToken(appId);
      default:
        return refuse('grantTypeInvalid');
    }
  }

  #exchange(appId: string, text: string | undefined): Reply {
    if (text === undefined) return refuse('codeMissing');
    const { status, value: code } = this.#codes.look(text);
    if (status !== 'live' || (code.appId ?? appId) !== appId) return refuse('codeInvalid');
    this.#codes.spend(text);
    const openId = openIdOf(code.user, appId);
    this.#acquaintances.set(`${appId}\n${openId}`, code);
    return succeed(2000, {
      open_id: openId,
      access_token: this.#world.ids.hex(32),
      expires_in: accessLifetime,
      refresh_token: this.#world.ids.hex(32),
      scope: 'sns_base',
    });
  }

  #serverToken(appId: string): Reply {
    const token = this.#world.ids.hex(32);
    this.#serverTokens.put(token, appId, accessLifetime);
    return succeed('2000', { access_token: token, expires_in: accessLifetime });
  }

  #userBaseInfo(request: Request, site: Site): Reply {
    const form = formOf(request);
    const appId = given(form, 'app_id') ?? '';
    if (!this.#world.clients.find('yuanzhibang', appId)) return refuse('appIdInvalid');
    const text = given(form, 'access_token');
    if (text === undefined) return refuse('accessTokenMissing');
    const { status, value: owner } = this.#serverTokens.look(text);
    if (status !== 'live' || owner !== appId) return refuse('serverTokenInvalid');
    const known = this.#acquaintances.get(`${appId}\n${form.get('open_id') ?? ''}`);
    if (!known) return refuse('openIdInvalid');
    if (!known.access.includes(baseInfoAccess)) return refuse('notGranted');
    const { user } = known;
    const avatar = avatarUrl(site.origin, 'yuanzhibang', user) ?? '';
    return succeed('2000', { nick: user.name, avatar, sex: user.sex });
  }
}

/** The user within one app: base64 of base64, without padding, 230 characters, as in the document's example. */
function openIdOf(user: DemoUser, appId: string): string {
  const inner = expand(`yuanzhibang\nopen_id\n${appId}\n${user.key}`, 128).toString('base64');
  return Buffer.from(inner).toString('base64').replace(/=+$/, '');
}
