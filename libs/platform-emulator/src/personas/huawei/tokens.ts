import { type HuaweiCode } from './authorize.js';
import { signIdToken } from './id-token.js';
import { type SigningKeys } from './signing-keys.js';
import { type Grant, type Granted, Grants, type Revocable } from '../../core/grants.js';
import { Ledger, type Standing } from '../../core/ledger.js';
import { type Site, type World } from '../../core/persona.js';
import { type DemoUser } from '../../core/users.js';
import { avatarUrl } from '../../pages/avatar.js';

/** What a user token of Huawei stands for. */
export interface HuaweiToken {
  readonly user: DemoUser;
  readonly scopes: readonly string[];
  readonly clientId: string;
}

/** What an app token stands for. */
export interface HuaweiAppToken {
  readonly clientId: string;
}

/** What the id_token of a reply is made of, besides the token itself. */
export interface IdTokenNeeds {
  readonly site: Site;
  readonly algorithm: 'RS256' | 'PS256';
  readonly nonce?: string | undefined;
}

type Reply = Readonly<Record<string, unknown>>;

const accessLifetime = 60 * 60;
const refreshLifetime = 180 * 24 * 60 * 60;

/** Opaque texts start differently, so that they can be told apart. */
const prefixes = { code: 'DwEE', access: 'DQEF', refresh: 'DAEC', app: 'DgEA' } as const;

/** Issues the tokens of Huawei. Refresh tokens never rotate: they last 180 days from the consent, absolutely. */
export class HuaweiTokens {
  readonly #world: World;
  readonly #keys: SigningKeys;
  readonly #grants: Grants<HuaweiToken>;
  readonly #apps: Ledger<HuaweiAppToken>;

  constructor(world: World, keys: SigningKeys) {
    this.#world = world;
    this.#keys = keys;
    this.#grants = new Grants('huawei', world);
    this.#apps = new Ledger(world.clock);
  }

  /** Codes and tokens are base64 with everything that needs percent-encoding: `+`, `/` and, at the end, `=`. */
  opaque(kind: keyof typeof prefixes): string {
    const bytes = this.#world.ids.bytes(kind === 'code' ? 157 : 127);
    return `${prefixes[kind]}+/${bytes.toString('base64').slice(2)}`;
  }

  /** The first tokens of a consent; a refresh token only for `access_type=offline`. */
  async start(code: HuaweiCode, clientId: string, needs: IdTokenNeeds): Promise<Reply> {
    const { user, scopes, isOffline } = code;
    const grant: Grant = { user, isRevoked: false };
    const value: HuaweiToken = { user, scopes, clientId };
    const refreshToken = isOffline ? this.opaque('refresh') : undefined;
    if (refreshToken) {
      const lifetime = this.#world.lifetimes.refreshToken ?? refreshLifetime;
      this.#grants.putRefresh(refreshToken, { grant, value }, lifetime);
    }
    this.#world.counters.add('huawei', 'exchanges');
    return { ...(await this.#issue({ grant, value }, needs)), refresh_token: refreshToken };
  }

  /** A new access token; the refresh token stays as it is and is not in the reply. */
  renew(
    { grant, value }: Granted<HuaweiToken>,
    scopes: readonly string[],
    needs: IdTokenNeeds,
  ): Promise<Reply> {
    this.#world.counters.add('huawei', 'refreshes');
    return this.#issue({ grant, value: { ...value, scopes } }, needs);
  }

  /** Any number of app tokens live side by side. */
  issueAppToken(clientId: string): Reply {
    const text = this.opaque('app');
    const lifetime = this.#accessLifetime;
    this.#apps.put(text, { clientId }, lifetime);
    this.#world.counters.add('huawei', 'appTokens');
    return { access_token: text, expires_in: lifetime, token_type: 'Bearer' };
  }

  access(text: string): Standing<Granted<HuaweiToken>> {
    return this.#grants.access(text);
  }

  refresh(text: string): Standing<Granted<HuaweiToken>> {
    return this.#grants.refresh(text);
  }

  app(text: string): Standing<HuaweiAppToken> {
    return this.#apps.look(text);
  }

  revoke(what: Revocable, user: DemoUser | undefined): number {
    return what === 'app' ? this.#apps.revokeWhere(() => true) : this.#grants.revoke(what, user);
  }

  clear(): void {
    this.#grants.clear();
    this.#apps.clear();
  }

  get #accessLifetime(): number {
    return this.#world.lifetimes.accessToken ?? accessLifetime;
  }

  async #issue(token: Granted<HuaweiToken>, { site, algorithm, nonce }: IdTokenNeeds): Promise<Reply> {
    const { user, scopes } = token.value;
    const accessToken = this.opaque('access');
    this.#grants.putAccess(accessToken, token, this.#accessLifetime);
    const picture = avatarUrl(site.origin, 'huawei', user);
    const claims = { ...token.value, accessToken, nonce, picture, algorithm };
    return {
      token_type: 'Bearer',
      access_token: accessToken,
      expires_in: this.#accessLifetime,
      scope: scopes.length ? scopes.join(' ') : undefined,
      id_token: scopes.includes('openid')
        ? await signIdToken(this.#keys, this.#world.clock, claims)
        : undefined,
    };
  }
}
