import { SignJWT } from 'jose';
import { unionidOf } from './identity.js';
import { type Generation } from '../../core/generation.js';
import { Ledger } from '../../core/ledger.js';
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

const accessLifetime = 2 * 60 * 60;
const refreshLifetime = 30 * 24 * 60 * 60;

/** Issues user tokens in the shapes of the three generations. */
export class AnywebTokens {
  readonly #world: World;
  readonly #key: Uint8Array;
  readonly #access: Ledger<AnywebToken>;
  readonly #refresh: Ledger<AnywebToken>;

  constructor(world: World) {
    this.#world = world;
    this.#key = new Uint8Array(world.ids.bytes(32));
    this.#access = new Ledger(world.clock);
    this.#refresh = new Ledger(world.clock);
  }

  /** The living token of this text. */
  find(accessToken: string): AnywebToken | undefined {
    const { status, value } = this.#access.look(accessToken);
    return status === 'live' ? value : undefined;
  }

  clear(): void {
    this.#access.clear();
    this.#refresh.clear();
  }

  /**
   * G1 (2022-03-20): an opaque UUID and the absolute second it dies, no refresh token. G2: JWTs and `expiresIn`.
   * G3 (2022-08-20 on): the same under the names `expire` and `refreshExpire`, and the real scopes.
   */
  async issue(token: AnywebToken): Promise<Readonly<Record<string, unknown>>> {
    const unionid = unionidOf(token.user);
    if (token.generation === 'G1') {
      const accessToken = this.#world.ids.uuid();
      this.#access.put(accessToken, token, accessLifetime);
      return { unionid, accessToken, expiresIn: this.#world.clock.seconds() + accessLifetime };
    }
    const accessToken = await this.#sign(token, false);
    const refreshToken = await this.#sign(token, true);
    this.#access.put(accessToken, token, accessLifetime);
    this.#refresh.put(refreshToken, token, refreshLifetime);
    const lifetimes =
      token.generation === 'G2'
        ? { expiresIn: accessLifetime, refreshExpiresIn: refreshLifetime, scope: 'all' }
        : { expire: accessLifetime, refreshExpire: refreshLifetime, scope: token.scopes.join(',') };
    return { unionid, accessToken, refreshToken, ...lifetimes };
  }

  /** The claims of the document's sample, and a `jti` so that two tokens of one second differ. */
  #sign({ user, appid }: AnywebToken, isRefresh: boolean): Promise<string> {
    const issuedAt = this.#world.clock.seconds();
    const type = isRefresh ? 'refreshToken' : 'accessToken';
    return new SignJWT({ type, id: unionidOf(user), appid, isRefresh, jti: this.#world.ids.uuid() })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + (isRefresh ? refreshLifetime : accessLifetime))
      .sign(this.#key);
  }
}
