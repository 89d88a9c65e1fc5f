import { createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { calculateJwkThumbprint, exportJWK, type JWK } from 'jose';
import { type TimeSource } from '../../core/clock.js';

const generate = promisify(generateKeyPair);
const hour = 60 * 60 * 1000;
const day = 24 * hour;
/** Huawei says "daily at 00:00" without a zone; the emulator takes Beijing time, UTC+8. */
const zoneOffset = 8 * hour;

/** A key pair of one day. */
export interface SigningKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
  readonly publicJwk: JWK;
}

/**
 * The keys of the id_tokens. They roll daily at 00:00; today's signs, and the certs endpoint serves today's and
 * yesterday's. `alg` says RS256 always, although the same key signs PS256 too.
 *
 * @see "jwt-public-key" of Huawei's Account Kit REST reference
 */
export class SigningKeys {
  readonly #clock: TimeSource;
  readonly #keys = new Map<number, Promise<SigningKey>>();

  constructor(clock: TimeSource) {
    this.#clock = clock;
  }

  today(): Promise<SigningKey> {
    return this.#of(this.#day());
  }

  async published(): Promise<JWK[]> {
    const today = this.#day();
    const keys = await Promise.all([this.#of(today), this.#of(today - 1)]);
    return keys.map((key) => key.publicJwk);
  }

  #day(): number {
    return Math.floor((this.#clock.now() + zoneOffset) / day);
  }

  /** A day keeps its key for good, so that setting the clock back finds the same keys again. */
  #of(number: number): Promise<SigningKey> {
    const known = this.#keys.get(number) ?? createKey();
    this.#keys.set(number, known);
    return known;
  }
}

async function createKey(): Promise<SigningKey> {
  const { privateKey } = await generate('rsa', { modulusLength: 2048 });
  const { kty, n, e } = await exportJWK(createPublicKey(privateKey));
  const jwk = { kty, n, e } as JWK;
  const thumbprint = await calculateJwkThumbprint(jwk);
  const keyId = Buffer.from(thumbprint, 'base64url').toString('hex');
  return { keyId, privateKey, publicJwk: { ...jwk, use: 'sig', kid: keyId, alg: 'RS256' } };
}
