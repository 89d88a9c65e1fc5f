import { SignJWT } from 'jose';
import { type World } from '../../core/persona.js';

/** Signs the JWTs of AnyWeb: HS256, with a key nobody else has. */
export class AnywebSigner {
  readonly #world: World;
  readonly #key: Uint8Array;

  constructor(world: World) {
    this.#world = world;
    this.#key = new Uint8Array(world.ids.bytes(32));
  }

  /** The claims, and a `jti` so that two tokens of one second differ. */
  sign(claims: Readonly<Record<string, unknown>>, lifetimeSeconds: number): Promise<string> {
    const issuedAt = this.#world.clock.seconds();
    return new SignJWT({ ...claims, jti: this.#world.ids.uuid() })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + lifetimeSeconds)
      .sign(this.#key);
  }
}
