import { identityOf } from './identity.js';
import { WpsSigner } from './signer.js';
import { type Grant, type Granted, Grants, type Revocable } from '../../core/grants.js';
import { Ledger, type Standing } from '../../core/ledger.js';
import { type World } from '../../core/persona.js';
import { type DemoUser } from '../../core/users.js';

/** What a user token of WPS stands for. */
export interface WpsToken {
  readonly user: DemoUser;
  readonly scopes: readonly string[];
  readonly clientId: string;
  /** When the refresh tokens of the grant end, in milliseconds: renewing does not move it. */
  readonly endsAt: number;
}

/** What an app token stands for: the tenant, or of an ISV app only the app itself. */
export interface WpsAppToken {
  readonly clientId: string;
  readonly companyId?: string | undefined;
}

type Reply = Readonly<Record<string, string | number>>;

const accessLifetime = 2 * 60 * 60;
const refreshLifetime = 30 * 24 * 60 * 60;

/** Issues the tokens of WPS: JWTs, and all of them bearer tokens of the same length of life. */
export class WpsTokens {
  readonly #world: World;
  readonly #signer: WpsSigner;
  readonly #grants: Grants<WpsToken>;
  readonly #apps: Ledger<WpsAppToken>;

  constructor(world: World) {
    this.#world = world;
    this.#signer = new WpsSigner(world);
    this.#grants = new Grants('wps', world);
    this.#apps = new Ledger(world.clock);
  }

  /** The first tokens of a consent. */
  start(token: Omit<WpsToken, 'endsAt'>): Promise<Reply> {
    const now = this.#world.clock.now();
    const endsAt = now + (this.#world.lifetimes.refreshToken ?? refreshLifetime) * 1000;
    this.#world.counters.add('wps', 'exchanges');
    return this.#issue({ user: token.user, isRevoked: false }, { ...token, endsAt }, now);
  }

  /**
   * Takes a refresh token and issues a new pair: the refresh token is dead at once, access tokens live on. Undefined
   * is what the token of another client gets; a reused one is counted.
   *
   * @see "user-authorization/flow" of open.wps.cn
   */
  async rotate(
    text: string,
    clientId: string,
  ): Promise<{ reply: Reply } | { reply?: undefined; status: Standing<unknown>['status'] }> {
    const { status, value: token } = this.#grants.refresh(text);
    if (token?.value.clientId !== clientId) return { status: 'unknown' };
    if (status === 'spent') this.#grants.reused(token.grant);
    if (status !== 'live') return { status };
    this.#grants.spendRefresh(text);
    this.#world.counters.add('wps', 'refreshes');
    return { reply: await this.#issue(token.grant, token.value, this.#world.clock.now()) };
  }

  /** `client_credentials`: any number of them live side by side, without a refresh token. */
  async issueAppToken(token: WpsAppToken): Promise<Reply> {
    const { clientId, companyId } = token;
    const lifetime = this.#accessLifetime;
    const claims = { sub: clientId, client_id: clientId, company_id: companyId, typ: 'app_access_token' };
    const text = await this.#signer.sign(claims, lifetime);
    this.#apps.put(text, token, lifetime);
    this.#world.counters.add('wps', 'appTokens');
    return { access_token: text, expires_in: lifetime, token_type: 'bearer' };
  }

  access(text: string): Standing<Granted<WpsToken>> {
    return this.#grants.access(text);
  }

  app(text: string): Standing<WpsAppToken> {
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

  /** `refresh_expires_in` is what is left of the grant, so it counts down from one reply to the next. */
  async #issue(grant: Grant, value: WpsToken, now: number): Promise<Reply> {
    const { id, company_id } = identityOf(value.user);
    const lifetime = this.#accessLifetime;
    const left = (value.endsAt - now) / 1000;
    const claims = { sub: id, client_id: value.clientId, company_id, scope: value.scopes.join(',') };
    const accessToken = await this.#signer.sign({ ...claims, typ: 'access_token' }, lifetime);
    const refreshToken = await this.#signer.sign({ ...claims, typ: 'refresh_token' }, Math.floor(left));
    this.#grants.putAccess(accessToken, { grant, value }, lifetime);
    this.#grants.putRefresh(refreshToken, { grant, value }, left);
    return {
      access_token: accessToken,
      expires_in: lifetime,
      refresh_token: refreshToken,
      refresh_expires_in: Math.floor(left),
      token_type: 'bearer',
    };
  }
}
