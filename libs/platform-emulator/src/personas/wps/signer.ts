import { generateKeyPair, SignJWT } from 'jose';
import { type World } from '../../core/persona.js';

/** Signs the JWTs WPS hands out as access and refresh tokens (header `ES256`, as in the document's example). */
export class WpsSigner {
  readonly #world: World;
  readonly #keyId: string;
  #keys: ReturnType<typeof generateKeyPair> | undefined;

  constructor(world: World) {
    this.#world = world;
    this.#keyId = world.ids.hex(16);
  }

  async sign(claims: Readonly<Record<string, unknown>>, lifetimeSeconds: number): Promise<string> {
    const { privateKey } = await (this.#keys ??= generateKeyPair('ES256'));
    const issuedAt = this.#world.clock.seconds();
    return new SignJWT({ ...claims, jti: this.#world.ids.uuid() })
      .setProtectedHeader({ alg: 'ES256', kid: this.#keyId, typ: 'JWT' })
      .setIssuer('https://openapi.wps.cn')
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + lifetimeSeconds)
      .sign(privateKey);
  }
}
