import { createCipheriv, createDecipheriv } from 'node:crypto';
import { type Randomness } from '../core/ports.js';
import { encodeFields } from './fields.js';
import { isKeyId, type KeyRing, type SealPurpose } from './key-ring.js';
import { SealError } from './seal-error.js';

/** What a sealed value is bound to: opening needs the same fields in the same order. */
export type SealBinding = readonly (string | Buffer)[];

const format = 1;
const ivBytes = 12;
const tagBytes = 16;

/**
 * Seals bytes with AES-256-GCM under the newest key of a ring and opens what any of its keys sealed.
 *
 * A sealed value is `format (1 byte) | key id length (1 byte) | key id | IV (12) | ciphertext | tag (16)`.
 * Format, key id and the caller's binding are authenticated, so a value that was moved to another row, put
 * back after a newer one, or relabelled with another key does not open.
 */
export class Sealer {
  readonly #keys: KeyRing;
  readonly #randomness: Randomness;

  constructor(keys: KeyRing, randomness: Randomness) {
    this.#keys = keys;
    this.#randomness = randomness;
  }

  /** Seals `plaintext`, with a fresh random IV each time. */
  seal(purpose: SealPurpose, binding: SealBinding, plaintext: Buffer): Buffer {
    const keyId = this.#keys.newestId;
    const key = this.#keys.derive(purpose, keyId);
    if (key === undefined) throw new SealError('unknown_key', keyId);
    const iv = this.#randomness.bytes(ivBytes);
    const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
    cipher.setAAD(associatedData(keyId, binding));
    const header = Buffer.from([format, keyId.length]);
    return Buffer.concat([
      header,
      Buffer.from(keyId, 'latin1'),
      iv,
      cipher.update(plaintext),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
  }

  /**
   * Opens what {@link seal} made for the same purpose and binding.
   *
   * @throws SealError whenever it is anything else
   */
  open(purpose: SealPurpose, binding: SealBinding, sealed: Buffer): Buffer {
    const { keyId, body } = split(sealed);
    const key = this.#keys.derive(purpose, keyId);
    // What names no key at all may be anything, and must not travel in an error.
    if (key === undefined)
      throw isKeyId(keyId) ? new SealError('unknown_key', keyId) : new SealError('malformed');
    const decipher = createDecipheriv('aes-256-gcm', key, body.subarray(0, ivBytes), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(associatedData(keyId, binding));
    decipher.setAuthTag(body.subarray(-tagBytes));
    const opened = decipher.update(body.subarray(ivBytes, -tagBytes));
    try {
      decipher.final();
    } catch {
      throw new SealError('forged');
    }
    return opened;
  }

  /** Whether `sealed` was made with an older key of the ring, so that its next save should not wait too long. */
  needsReseal(sealed: Buffer): boolean {
    return split(sealed).keyId !== this.#keys.newestId;
  }

  /** {@link seal} for texts that travel in a cookie: UTF-8 in, base64url out. */
  sealText(purpose: SealPurpose, binding: SealBinding, plaintext: string): string {
    return this.seal(purpose, binding, Buffer.from(plaintext, 'utf8')).toString('base64url');
  }

  /**
   * {@link open} for what {@link sealText} made.
   *
   * @throws SealError whenever it is anything else
   */
  openText(purpose: SealPurpose, binding: SealBinding, sealed: string): string {
    const bytes = Buffer.from(sealed, 'base64url');
    // Node reads several spellings of the same bytes; only the one that was written counts.
    if (bytes.toString('base64url') !== sealed) throw new SealError('malformed');
    return this.open(purpose, binding, bytes).toString('utf8');
  }
}

function associatedData(keyId: string, binding: SealBinding): Buffer {
  return encodeFields([Buffer.from([format]), keyId, ...binding]);
}

function split(sealed: Buffer): { keyId: string; body: Buffer } {
  const idLength = sealed[1] ?? 0;
  const start = 2 + idLength;
  if (sealed[0] !== format || idLength === 0 || sealed.length < start + ivBytes + tagBytes) {
    throw new SealError('malformed');
  }
  return { keyId: sealed.toString('latin1', 2, start), body: sealed.subarray(start) };
}
