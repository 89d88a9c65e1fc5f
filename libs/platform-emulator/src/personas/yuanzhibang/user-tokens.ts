import { openIdOf } from './identity.js';
import { type Grant, Grants } from '../../core/grants.js';
import { type World } from '../../core/persona.js';
import { type DemoUser } from '../../core/users.js';

/** What a user token of 猿之棒 stands for. */
export interface YuanzhibangToken {
  readonly user: DemoUser;
  readonly appId: string;
  /** When the refresh tokens of the grant end, in milliseconds: renewing does not move it. */
  readonly endsAt: number;
}

type Data = Readonly<Record<string, unknown>>;

const accessLifetime = 2 * 60 * 60;
/** No document says how long a refresh token lives, nor that it rotates: both are assumptions (README.md). */
const refreshLifetime = 30 * 24 * 60 * 60;

/** Issues the user tokens, which the document itself calls useless so far. */
export class YuanzhibangUserTokens {
  readonly #world: World;
  readonly #grants: Grants<YuanzhibangToken>;

  constructor(world: World) {
    this.#world = world;
    this.#grants = new Grants('yuanzhibang', world);
  }

  /** The first tokens of a consent. */
  start(user: DemoUser, appId: string): Data {
    const lifetime = this.#world.lifetimes.refreshToken ?? refreshLifetime;
    this.#world.counters.add('yuanzhibang', 'exchanges');
    const endsAt = this.#world.clock.now() + lifetime * 1000;
    return this.#issue({ user, isRevoked: false }, { user, appId, endsAt });
  }

  /** A new pair for a living refresh token of this app and user; the old one is dead at once. */
  rotate(text: string, appId: string, openId: string): Data | undefined {
    const { status, value: token } = this.#grants.refresh(text);
    if (status === 'unknown' || !isOf(token.value, appId, openId)) return undefined;
    if (status === 'spent') this.#grants.reused(token.grant);
    if (status !== 'live') return undefined;
    this.#grants.spendRefresh(text);
    this.#world.counters.add('yuanzhibang', 'refreshes');
    return this.#issue(token.grant, token.value);
  }

  /** When a living access token of this app and user ends, in milliseconds. */
  endOf(text: string, appId: string, openId: string): number | undefined {
    const standing = this.#grants.access(text);
    if (standing.status !== 'live') return undefined;
    return isOf(standing.value.value, appId, openId) ? standing.expiresAt : undefined;
  }

  revoke(what: 'access' | 'grant', user: DemoUser | undefined): number {
    return this.#grants.revoke(what, user);
  }

  clear(): void {
    this.#grants.clear();
  }

  #issue(grant: Grant, value: YuanzhibangToken): Data {
    const accessToken = this.#world.ids.hex(32);
    const refreshToken = this.#world.ids.hex(32);
    const lifetime = this.#world.lifetimes.accessToken ?? accessLifetime;
    this.#grants.putAccess(accessToken, { grant, value }, lifetime);
    this.#grants.putRefresh(refreshToken, { grant, value }, (value.endsAt - this.#world.clock.now()) / 1000);
    return {
      open_id: openIdOf(value.user, value.appId),
      access_token: accessToken,
      expires_in: lifetime,
      refresh_token: refreshToken,
      scope: 'sns_base',
    };
  }
}

function isOf(token: YuanzhibangToken, appId: string, openId: string): boolean {
  return token.appId === appId && openIdOf(token.user, appId) === openId;
}
