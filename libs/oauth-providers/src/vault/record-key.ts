import { createHmac, type KeyObject } from 'node:crypto';
import { encodeFields } from './fields.js';
import { type KeyRing } from './key-ring.js';
import { nameOf, type RecordIdentity } from './record-identity.js';

/** What a hash is for. Hashes of the same value for two purposes have nothing in common. */
export type LookupPurpose =
  'record' | 'owner' | 'lane' | 'quota' | 'mark' | 'session' | 'directory' | 'check';

/** So many keys, and as many older ones, are kept: a few megabytes. */
const rememberedKeys = 4_096;

/** The key of a user's plain token, and of which client's users. */
interface UserKey {
  readonly provider: string;
  readonly clientId: string;
  readonly key: Buffer;
}

/**
 * Turns names into the keys they are stored under: HMAC-SHA-256 with the lookup key. A dump of the store
 * shows neither who has a token nor which session ids are alive, and cannot be searched for a known user.
 */
export class LookupHasher {
  readonly #key: KeyObject;
  /** Keys of records that were read not long ago. What is forgotten of the older ones is hashed again. */
  #recent = new Map<string, Buffer>();
  #older = new Map<string, Buffer>();
  /** Of the recent ones, that of the client which asked last for each subject. */
  #users = new Map<string, UserKey>();

  readonly #lanes = new Map<string, Buffer>();

  constructor(keys: KeyRing) {
    this.#key = keys.lookupKey();
  }

  /** The 32 bytes under which `fields` are found. */
  hash(purpose: LookupPurpose, ...fields: readonly string[]): Buffer {
    return createHmac('sha256', this.#key)
      .update(encodeFields([purpose, ...fields]))
      .digest();
  }

  /** The key of a token record. An absent part of an identity and an empty one are the same. */
  recordKey(identity: RecordIdentity): Buffer {
    const { provider, clientId, kind, type = '', tenant = '', subject = '' } = identity;
    return this.hash('record', provider, clientId, kind, type, tenant, subject);
  }

  /**
   * {@link recordKey} for who reads: the same records are read again and again, and hashing their names would be a
   * good part of that. Its bytes are shared, so nobody may change them.
   */
  readKey(identity: RecordIdentity): Buffer {
    const { provider, clientId, kind, subject, type = '', tenant = '' } = identity;
    if (kind !== 'user' || type !== '' || tenant !== '') return this.#namedKey(identity);
    // By the subject alone: putting a name together and hashing its text is what takes time here.
    const known = this.#users.get(subject);
    if (known?.provider === provider && known.clientId === clientId) return known.key;
    const key = this.#namedKey(identity);
    this.#users.set(subject, { provider, clientId, key });
    return key;
  }

  /**
   * The lane of a client's records: what is due is claimed, and what must wait waits, client by client. Clients are few
   * and each save names one, so its bytes are kept and shared: nobody may change them.
   */
  lane(provider: string, clientId: string): Buffer {
    const name = JSON.stringify([provider, clientId]);
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const made = this.hash('lane', provider, clientId);
    this.#lanes.set(name, made);
    return made;
  }

  #namedKey(identity: RecordIdentity): Buffer {
    const name = nameOf(identity);
    const recent = this.#recent.get(name);
    if (recent !== undefined) return recent;
    const key = this.#older.get(name) ?? this.recordKey(identity);
    if (this.#recent.size >= rememberedKeys) {
      this.#older = this.#recent;
      this.#recent = new Map();
      this.#users = new Map();
    }
    this.#recent.set(name, key);
    return key;
  }
}
