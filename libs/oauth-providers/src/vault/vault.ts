import { OAuthConfigurationError } from '../core/errors.js';
import { type Randomness } from '../core/ports.js';
import { type TokenSet } from '../core/token-set.js';
import { type ClientRecordIdentity, type RecordIdentity, sameIdentity } from './record-identity.js';
import { LookupHasher } from './record-key.js';
import { SealedBlobs } from './sealed-blobs.js';
import { SealError } from './seal-error.js';
import { SealedSessions } from './sealed-sessions.js';
import { Sealer } from './sealing.js';
import { type OpenStore } from './store-engine.port.js';
import { decodeRecord, encodeRecord, type TokenRecord } from './token-record.js';
import { type ReplacingWrite, type StoredToken, type TokenWrite, writeIdBytes } from './token-store.port.js';
import {
  type LoginSave,
  type OpenedRecord,
  type OwnerName,
  type PreparedRenewal,
  type RecordPage,
  type RenewalOutcome,
  type SavedRecord,
  type VaultOptions,
} from './vault-types.js';

const generationBytes = 16;
/** Longer than anything that was under way at a delete can take to arrive. */
const tombstoneMs = 24 * 60 * 60 * 1000;

/** Token records, sealed, in whatever store there is. */
export class Vault {
  readonly #store: OpenStore;
  readonly #randomness: Randomness;
  /** Seals what travels outside the store, such as the cookies of login attempts. */
  readonly sealer: Sealer;
  readonly hasher: LookupHasher;
  readonly sessions: SealedSessions;
  /** Sealed values for the application's own directory of users. */
  readonly directory: SealedBlobs;

  private constructor(store: OpenStore, { keys, randomness }: VaultOptions) {
    this.#store = store;
    this.#randomness = randomness;
    this.sealer = new Sealer(keys, randomness);
    this.hasher = new LookupHasher(keys);
    this.sessions = new SealedSessions(new SealedBlobs('session', store.blobs, this.sealer, this.hasher));
    this.directory = new SealedBlobs('directory', store.blobs, this.sealer, this.hasher);
  }

  /**
   * Opens the store and makes sure that what lies in it can be found.
   *
   * @throws OAuthConfigurationError when the store cannot be opened, or was filled under another lookup key
   */
  static async open(options: VaultOptions): Promise<Vault> {
    const store = await options.engine.open(options.clock);
    const vault = new Vault(store, options);
    try {
      await vault.#checkLookupKey();
    } catch (error) {
      await store.close();
      throw error;
    }
    return vault;
  }

  /** Saves what a login brought, over whatever there was. */
  async saveLogin(login: LoginSave): Promise<SavedRecord> {
    const { tokens, renewsAt, owner, ...identity } = login;
    return this.#replace({ identity: { ...identity, kind: 'user' }, owner, tokens }, renewsAt);
  }

  /** Saves a token of the client itself, over whatever there was. */
  async saveApp(identity: ClientRecordIdentity, tokens: TokenSet, renewsAt?: number): Promise<SavedRecord> {
    return this.#replace({ identity, tokens }, renewsAt);
  }

  /**
   * The record of `identity`.
   *
   * @throws SealError when it was tampered with or its key is missing
   */
  async load(identity: RecordIdentity): Promise<OpenedRecord | undefined> {
    const stored = await this.#store.tokens.get(this.hasher.recordKey(identity));
    return stored && this.#open(stored, identity);
  }

  /** Seals what a renewal of `record` brought. The identity and the owner stay. */
  prepareRenewal(record: OpenedRecord, tokens: TokenSet, renewsAt?: number): PreparedRenewal {
    const { identity, owner, generation } = record;
    return { write: this.#seal({ identity, owner, tokens }, renewsAt), expectedGeneration: generation };
  }

  /** Saves a prepared renewal, unless the record is another one by now. Repeating it is harmless. */
  async saveRenewal({ write, expectedGeneration }: PreparedRenewal): Promise<RenewalOutcome> {
    const outcome = await this.#store.tokens.saveIf(write, expectedGeneration);
    if (outcome.saved) return outcome;
    return { saved: false, current: outcome.current && this.#open(outcome.current) };
  }

  /** Removes a record; a renewal that is under way saves nothing any more. */
  async remove(identity: RecordIdentity): Promise<void> {
    const key = this.hasher.recordKey(identity);
    await this.#store.tokens.remove({ key, writeId: this.#randomness.bytes(writeIdBytes), tombstoneMs });
  }

  /**
   * A page of one owner's records, of all providers.
   *
   * @throws SealError when one of them was tampered with or its key is missing
   */
  async list(owner: OwnerName, limit = 100, after?: Buffer): Promise<RecordPage> {
    const hash = this.#ownerHash(owner);
    const page = await this.#store.tokens.list(hash, limit, after);
    const records = page.records.map((stored) => {
      const record = this.#open(stored);
      if (this.#ownerOf(record)?.equals(hash) !== true) throw new SealError('mismatch');
      return record;
    });
    return { records, next: page.next };
  }

  /** True for exactly one caller of all processes within `ttlMs`: spends the state of a login attempt. */
  async spend(mark: string, ttlMs: number): Promise<boolean> {
    return this.#store.marks.spendOnce(this.hasher.hash('mark', mark), ttlMs);
  }

  /** Store time, in ms since the epoch: the clock of `renewsAt`. */
  async now(): Promise<number> {
    return this.#store.tokens.now();
  }

  /** Finishes the writes under way and lets go of the store. */
  async close(): Promise<void> {
    await this.#store.close();
  }

  async #replace(record: TokenRecord, renewsAt: number | undefined): Promise<SavedRecord> {
    const sealed = this.#seal(record, renewsAt);
    const write: ReplacingWrite = { ...sealed, owner: this.#ownerOf(record) ?? null };
    await this.#store.tokens.replace(write);
    return { key: write.key, generation: write.generation };
  }

  #seal(record: TokenRecord, renewsAt: number | undefined): TokenWrite {
    const key = this.hasher.recordKey(record.identity);
    const generation = this.#randomness.bytes(generationBytes);
    return {
      key,
      writeId: this.#randomness.bytes(writeIdBytes),
      generation,
      sealed: this.sealer.seal('token', [key, generation], encodeRecord(record)),
      renewsAt: renewsAt ?? null,
    };
  }

  #open(stored: StoredToken, asked?: RecordIdentity): OpenedRecord {
    const { key, generation, sealed, state, renewsAt, failures } = stored;
    const record = decodeRecord(this.sealer.open('token', [key, generation], sealed));
    if (asked !== undefined && !sameIdentity(record.identity, asked)) throw new SealError('mismatch');
    return {
      identity: record.identity,
      owner: record.owner,
      tokens: record.tokens,
      key,
      generation,
      state,
      renewsAt,
      failures,
    };
  }

  #ownerOf({ identity, owner }: TokenRecord): Buffer | undefined {
    if (identity.kind !== 'user') return undefined;
    return this.#ownerHash(owner ?? identity);
  }

  #ownerHash(owner: OwnerName): Buffer {
    if (typeof owner === 'string') return this.hasher.hash('owner', owner);
    return this.hasher.hash('owner', owner.provider, owner.clientId, owner.subject);
  }

  async #checkLookupKey(): Promise<void> {
    const { blobs } = this.#store;
    const place = Buffer.from('lookup-key');
    const value = this.hasher.hash('check');
    if (await blobs.putIfAbsent('meta', place, value, null)) return;
    if ((await blobs.get('meta', place))?.equals(value) === true) return;
    throw new OAuthConfigurationError(
      'lookupKey (OAUTH_LOOKUP_KEY) is not the one this store was filled with, so nothing in it can be found: ' +
        'set OAUTH_LOOKUP_KEY to the earlier key or, if it was never set, put the key that used to be the last ' +
        'of OAUTH_ENCRYPTION_KEYS back at its end.',
    );
  }
}
