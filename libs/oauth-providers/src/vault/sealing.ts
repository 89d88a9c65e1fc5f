import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';
import { type Randomness } from '../core/ports.js';
import { encodeFields } from './fields.js';
import { isKeyId, type KeyRing, type SealPurpose } from './key-ring.js';
import { SealError } from './seal-error.js';

/** What a sealed value is bound to: opening needs the same fields in the same order. */
export type SealBinding = readonly (string | Buffer)[];

const format = 1;
const ivBytes = 12;
const tagBytes = 16;
const gcm = { authTagLength: tagBytes } as const;

/** What opens values that name one key. */
interface Opener {
  /** The id as it stands in them. */
  readonly id: Buffer;
  readonly key: KeyObject;
  /** What of the authenticated data is the same for all of them. */
  readonly head: Buffer;
}

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
  /** What opened last for each purpose: most values lie under one key, and so its id need not even be read. */
  readonly #openers = new Map<SealPurpose, Opener>();

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
    const cipher = createCipheriv('aes-256-gcm', key, iv, gcm);
    cipher.setAAD(encodeFields(binding, headOf(keyId)));
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
    const start = bodyStart(sealed);
    const { key, head } = this.#opener(purpose, sealed, start);
    const ivEnd = start + ivBytes;
    const tagStart = sealed.length - tagBytes;
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(start, ivEnd), gcm);
    decipher.setAAD(encodeFields(binding, head));
    decipher.setAuthTag(sealed.subarray(tagStart));
    const opened = decipher.update(sealed.subarray(ivEnd, tagStart));
    try {
      decipher.final();
    } catch {
      throw new SealError('forged');
    }
    return opened;
  }

  /** Whether `sealed` was made with an older key of the ring, so that its next save should not wait too long. */
  needsReseal(sealed: Buffer): boolean {
    return keyIdOf(sealed, bodyStart(sealed)) !== this.#keys.newestId;
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

  #opener(purpose: SealPurpose, sealed: Buffer, start: number): Opener {
    const last = this.#openers.get(purpose);
    if (last?.id.length === start - 2 && sealed.compare(last.id, 0, last.id.length, 2, start) === 0)
      return last;
    const keyId = keyIdOf(sealed, start);
    const key = this.#keys.derive(purpose, keyId);
    // What names no key at all may be anything, and must not travel in an error.
    if (key === undefined)
      throw isKeyId(keyId) ? new SealError('unknown_key', keyId) : new SealError('malformed');
    const opener = { id: Buffer.from(keyId, 'latin1'), key, head: headOf(keyId) };
    this.#openers.set(purpose, opener);
    return opener;
  }
}

/** The beginning of what is authenticated: the caller's binding follows. */
function headOf(keyId: string): Buffer {
  return encodeFields([Buffer.from([format]), keyId]);
}

/** Where the IV of a sealed value begins. */
function bodyStart(sealed: Buffer): number {
  const idLength = sealed[1] ?? 0;
  const start = 2 + idLength;
  if (sealed[0] !== format || idLength === 0 || sealed.length < start + ivBytes + tagBytes) {
    throw new SealError('malformed');
  }
  return start;
}

function keyIdOf(sealed: Buffer, start: number): string {
  return sealed.toString('latin1', 2, start);
}
