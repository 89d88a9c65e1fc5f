import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';
import { OAuthConfigurationError } from '../core/errors.js';
import { type Randomness } from '../core/ports.js';
import { Secret } from '../core/secret.js';

/** What a sealed value is for. Each purpose has its own key, so a value of one never opens as another. */
export type SealPurpose = 'token' | 'attempt' | 'session' | 'directory';

/** The settings a {@link KeyRing} is made of. */
export interface KeyRingSettings {
  /** `id:base64` entries of 32 bytes each, separated by commas, newest first (`OAUTH_ENCRYPTION_KEYS`). */
  readonly encryptionKeys: string;
  /**
   * 32 bytes in base64 (`OAUTH_LOOKUP_KEY`): the key of the hashes under which everything is found. It must
   * stay the same for as long as the store lives.
   *
   * @defaultValue derived from the oldest entry of `encryptionKeys`
   */
  readonly lookupKey?: string | undefined;
}

const keyBytes = 32;
const idPattern = /^[A-Za-z0-9_-]{1,16}$/;
const howToFix = '`npm run keys` prints one that fits';

/**
 * The keys everything at rest is sealed with. The newest seals; every key of the ring opens. Purpose keys are
 * derived once and kept. Printing a ring shows nothing: all keys are private.
 */
export class KeyRing {
  readonly #masters: ReadonlyMap<string, Buffer>;
  readonly #lookupKey: Buffer;
  readonly #derived = new Map<string, KeyObject>();
  /** Id of the key that seals. */
  readonly newestId: string;

  private constructor(masters: ReadonlyMap<string, Buffer>, newestId: string, lookupKey: Buffer | undefined) {
    this.#masters = masters;
    this.newestId = newestId;
    const oldest = [...masters.values()].at(-1) ?? Buffer.alloc(0);
    this.#lookupKey = lookupKey ?? hkdf(oldest, 'lookup');
  }

  /**
   * Reads the settings as they are written in the environment.
   *
   * @throws OAuthConfigurationError naming the entry that is wrong, without any of its key material
   */
  static parse(settings: KeyRingSettings): KeyRing {
    const masters = new Map<string, Buffer>();
    const entries = settings.encryptionKeys.split(',').map((entry) => entry.trim());
    if (entries.every((entry) => entry === '')) {
      throw new OAuthConfigurationError(
        `encryptionKeys (OAUTH_ENCRYPTION_KEYS) is empty: at least one key is needed; ${howToFix}.`,
      );
    }
    entries.forEach((entry, index) => {
      const [id, key] = parseEntry(entry, index + 1);
      if (masters.has(id)) {
        throw new OAuthConfigurationError(
          `encryptionKeys (OAUTH_ENCRYPTION_KEYS) entry ${index + 1} repeats the id "${id}": give each key an id of its own.`,
        );
      }
      masters.set(id, key);
    });
    const [newestId = ''] = masters.keys();
    return new KeyRing(masters, newestId, parseLookupKey(settings.lookupKey));
  }

  /** Whether the ring holds the key named `id`. */
  has(id: string): boolean {
    return this.#masters.has(id);
  }

  /**
   * The key for one purpose, derived from the ring's key `id` by HKDF-SHA-256.
   *
   * @returns undefined when the ring has no such key
   */
  derive(purpose: SealPurpose, id = this.newestId): KeyObject | undefined {
    const name = `${purpose}:${id}`;
    const known = this.#derived.get(name);
    if (known !== undefined) return known;
    const master = this.#masters.get(id);
    if (master === undefined) return undefined;
    const key = createSecretKey(hkdf(master, purpose));
    this.#derived.set(name, key);
    return key;
  }

  /** The key of the lookup hashes; for {@link LookupHasher}. */
  lookupKey(): KeyObject {
    return createSecretKey(this.#lookupKey);
  }

  /**
   * The lookup key in the form `OAUTH_LOOKUP_KEY` takes. Whoever wants to retire the oldest key of the ring
   * sets this first, so that everything stored is still found.
   */
  exportLookupKey(): Secret {
    return new Secret(this.#lookupKey.toString('base64'));
  }
}

/** Whether `text` can be the id of a key. */
export function isKeyId(text: string): boolean {
  return idPattern.test(text);
}

/** A fresh key in the form the ring is written in: `id:base64`. */
export function generateKey(id: string, randomness: Randomness): Secret {
  if (!isKeyId(id)) {
    throw new OAuthConfigurationError(
      `A key id is 1 to 16 of A-Z a-z 0-9 _ -, and "${id.slice(0, 32)}" is not.`,
    );
  }
  return new Secret(`${id}:${randomness.bytes(keyBytes).toString('base64')}`);
}

function hkdf(master: Buffer, purpose: string): Buffer {
  return Buffer.from(
    hkdfSync('sha256', master, Buffer.alloc(0), `nestjs-oauth-providers/1/${purpose}`, keyBytes),
  );
}

function parseEntry(entry: string, position: number): [string, Buffer] {
  const where = `encryptionKeys (OAUTH_ENCRYPTION_KEYS) entry ${position}`;
  const colon = entry.indexOf(':');
  // Without its colon an entry may be a bare key, so nothing of it can be shown.
  if (colon < 0) {
    throw new OAuthConfigurationError(`${where} has no colon: each entry is written id:base64; ${howToFix}.`);
  }
  const id = entry.slice(0, colon);
  if (!isKeyId(id)) {
    throw new OAuthConfigurationError(
      `${where} has an id that does not fit: ids are 1 to 16 of A-Z a-z 0-9 _ -; ${howToFix}.`,
    );
  }
  return [id, parseKey(entry.slice(colon + 1), `${where} ("${id}")`)];
}

function parseLookupKey(text: string | undefined): Buffer | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  return parseKey(text.trim(), 'lookupKey (OAUTH_LOOKUP_KEY)');
}

function parseKey(text: string, where: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  // Node skips what is not base64; writing the bytes back shows whether it had to.
  if (bytes.toString('base64').replaceAll('=', '') !== text.replace(/={1,2}$/, '')) {
    throw new OAuthConfigurationError(`${where} is not base64: ${howToFix}.`);
  }
  if (bytes.length !== keyBytes) {
    throw new OAuthConfigurationError(
      `${where} is ${bytes.length} bytes long, and a key must be exactly ${keyBytes}: ${howToFix}.`,
    );
  }
  return bytes;
}
