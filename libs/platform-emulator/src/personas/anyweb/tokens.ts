import { unionidOf } from './identity.js';
import { type AnywebSigner } from './signer.js';
import { type Generation } from '../../core/generation.js';
import { type Grant, type Granted, Grants } from '../../core/grants.js';
import { type World } from '../../core/persona.js';
import { type DemoUser } from '../../core/users.js';

/** What a user consented to. */
export interface AnywebGrant {
  readonly user: DemoUser;
  readonly scopes: readonly string[];
  readonly network: number;
  readonly generation: Generation;
}

/** A grant in the hands of an app. */
export interface AnywebToken extends AnywebGrant {
  readonly appid: string;
}

type Data = Readonly<Record<string, unknown>>;

const accessLifetime = 2 * 60 * 60;
const refreshLifetime = 30 * 24 * 60 * 60;

/** Issues user tokens in the shapes of the three generations. */
export class AnywebTokens {
  readonly #world: World;
  readonly #signer: AnywebSigner;
  readonly #grants: Grants<AnywebToken>;

  constructor(world: World, signer: AnywebSigner) {
    this.#world = world;
    this.#signer = signer;
    this.#grants = new Grants('anyweb', world);
  }

  /** The living token of this text. */
  find(accessToken: string): AnywebToken | undefined {
    const { status, value } = this.#grants.access(accessToken);
    return status === 'live' ? value.value : undefined;
  }

  revoke(what: 'access' | 'grant', user: DemoUser | undefined): number {
    return this.#grants.revoke(what, user);
  }

  clear(): void {
    this.#grants.clear();
  }

  /**
   * G1 (2022-03-20): an opaque UUID and the absolute second it dies, no refresh token. G2: JWTs and `expiresIn`.
   * G3 (2022-08-20 on): the same under the names `expire` and `refreshExpire`, and the real scopes.
   */
  async start(token: AnywebToken): Promise<Data> {
    this.#world.counters.add('anyweb', 'exchanges');
    const grant: Grant = { user: token.user, isRevoked: false };
    const unionid = unionidOf(token.user);
    const expire = this.#accessLifetime;
    if (token.generation === 'G1') {
      const accessToken = this.#world.ids.uuid();
      this.#grants.putAccess(accessToken, { grant, value: token }, expire);
      return { unionid, accessToken, expiresIn: this.#world.clock.seconds() + expire };
    }
    const pair = await this.#issue({ grant, value: token });
    const refreshExpire = this.#refreshLifetime;
    const lifetimes =
      token.generation === 'G2'
        ? { expiresIn: expire, refreshExpiresIn: refreshExpire, scope: 'all' }
        : { expire, refreshExpire, scope: token.scopes.join(',') };
    return { unionid, ...pair, ...lifetimes };
  }

  /** A new pair; the refresh token is dead at once, and the access token is called `token` here. */
  async rotate(text: string): Promise<Data | undefined> {
    const { status, value: token } = this.#grants.refresh(text);
    if (status === 'spent') this.#grants.reused(token.grant);
    if (status !== 'live') return undefined;
    this.#grants.spendRefresh(text);
    this.#world.counters.add('anyweb', 'refreshes');
    const { accessToken, refreshToken } = await this.#issue(token);
    return {
      token: accessToken,
      expire: this.#accessLifetime,
      refreshToken,
      refreshExpire: this.#refreshLifetime,
    };
  }

  get #accessLifetime(): number {
    return this.#world.lifetimes.accessToken ?? accessLifetime;
  }

  get #refreshLifetime(): number {
    return this.#world.lifetimes.refreshToken ?? refreshLifetime;
  }

  /** The claims are those of the document's sample. */
  async #issue(token: Granted<AnywebToken>): Promise<{ accessToken: string; refreshToken: string }> {
    const { user, appid } = token.value;
    const claims = { id: unionidOf(user), appid };
    const access = { type: 'accessToken', ...claims, isRefresh: false };
    const accessToken = await this.#signer.sign(access, this.#accessLifetime);
    const refresh = { type: 'refreshToken', ...claims, isRefresh: true };
    const refreshToken = await this.#signer.sign(refresh, this.#refreshLifetime);
    this.#grants.putAccess(accessToken, token, this.#accessLifetime);
    this.#grants.putRefresh(refreshToken, token, this.#refreshLifetime);
    return { accessToken, refreshToken };
  }
}
