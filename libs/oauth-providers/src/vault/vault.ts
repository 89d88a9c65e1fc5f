import { OAuthConfigurationError } from '../core/errors.js';
import { type Clock, type Randomness } from '../core/ports.js';
import { type TokenSet } from '../core/token-set.js';
import { claimDue } from './due-records.js';
import { FirstPlaces } from './first-places.js';
import { ClientCoolDowns, Quotas } from './quotas.js';
import { encodeCause } from './record-cause.js';
import { type ClientRecordIdentity, type RecordIdentity } from './record-identity.js';
import { LookupHasher } from './record-key.js';
import { RecordSealer } from './record-sealer.js';
import { partsOf, resealAll, type ResealOptions, type ResealProgress } from './resealing.js';
import { SealedBlobs } from './sealed-blobs.js';
import { SealError } from './seal-error.js';
import { SealedSessions } from './sealed-sessions.js';
import { Sealer } from './sealing.js';
import { maySettleAs } from './lease.js';
import { StoreClock } from './store-clock.js';
import { type OpenStore, type StoreHealth } from './store-engine.port.js';
import { type TokenRecord } from './token-record.js';
import { type Backlog, type ReplacingWrite, writeIdBytes } from './token-store.port.js';
import {
  type DueClaim,
  type DueRecords,
  type LoginSave,
  type OpenedRecord,
  type OwnerName,
  type PreparedRenewal,
  type RecordChange,
  type RecordClaim,
  type RecordPage,
  type RenewalOutcome,
  type SavedRecord,
  type VaultOptions,
} from './vault-types.js';

/** Longer than anything that was under way at a delete can take to arrive. */
const tombstoneMs = 24 * 60 * 60 * 1000;

/** Token records, sealed, in whatever store there is. */
export class Vault {
  readonly #store: OpenStore;
  readonly #randomness: Randomness;
  readonly #records: RecordSealer;
  /** Seals what travels outside the store, such as the cookies of login attempts. */
  readonly sealer: Sealer;
  readonly hasher: LookupHasher;
  readonly sessions: SealedSessions;
  readonly #sessions: SealedBlobs;
  /** Sealed values for the application's own directory of users. */
  readonly directory: SealedBlobs;
  readonly quotas: Quotas;
  /** When each client may call its platform again. */
  readonly coolDowns: ClientCoolDowns;
  /** Who fetches a client's token that has never been. */
  readonly firstPlaces: FirstPlaces;

  private constructor(
    store: OpenStore,
    /** Store time: one clock for all processes on one store, and the clock of everything in it. */
    readonly clock: Clock,
    { keys, randomness }: VaultOptions,
  ) {
    this.#store = store;
    this.#randomness = randomness;
    this.sealer = new Sealer(keys, randomness);
    this.hasher = new LookupHasher(keys);
    this.#records = new RecordSealer(this.sealer, this.hasher, randomness);
    this.quotas = new Quotas(store.quotas, this.hasher);
    this.coolDowns = new ClientCoolDowns(store.notBefore, this.hasher);
    this.firstPlaces = new FirstPlaces(store.blobs, this.hasher, clock);
    this.#sessions = new SealedBlobs('session', store.blobs, this.sealer, this.hasher);
    this.sessions = new SealedSessions(this.#sessions);
    this.directory = new SealedBlobs('directory', store.blobs, this.sealer, this.hasher);
  }

  /**
   * Opens the store and makes sure that what lies in it can be found.
   *
   * @throws OAuthConfigurationError when the store cannot be opened, or was filled under another lookup key
   */
  static async open(options: VaultOptions): Promise<Vault> {
    const { engine, clock, timers } = options;
    const store = await engine.open(clock);
    try {
      const time = engine.embedded ? clock : await StoreClock.start(() => store.tokens.now(), clock, timers);
      const vault = new Vault(store, time, options);
      await vault.#checkLookupKey();
      return vault;
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  /** Saves what a login brought, over whatever there was. */
  async saveLogin(login: LoginSave): Promise<SavedRecord> {
    const { tokens, renewsAt, owner, ...identity } = login;
    return this.#replace({ identity: { ...identity, kind: 'user' }, owner, tokens }, renewsAt);
  }

  /** Seals a client's first token. */
  prepareFirst(identity: ClientRecordIdentity, tokens: TokenSet, renewsAt?: number): ReplacingWrite {
    return { ...this.#records.seal({ identity, tokens }, renewsAt), owner: null };
  }

  /** Saves a client's first token, unless there is one by now. Repeating it is harmless. */
  async saveFirst(prepared: ReplacingWrite): Promise<void> {
    await this.#store.tokens.saveFirst(prepared);
  }

  /**
   * The record of `identity`.
   *
   * @param key - its `hasher.readKey`, where that is known already
   * @throws SealError when it was tampered with or its key is missing
   */
  async load(
    identity: RecordIdentity,
    key = this.hasher.readKey(identity),
  ): Promise<OpenedRecord | undefined> {
    const stored = await this.#store.tokens.get(key);
    return stored && this.#records.open(stored, identity);
  }

  /** Seals what a renewal of `record` brought. The identity and the owner stay. */
  prepareRenewal(record: OpenedRecord, tokens: TokenSet, renewsAt?: number): PreparedRenewal {
    const { identity, owner, generation, key } = record;
    return {
      write: this.#records.seal({ identity, owner, tokens }, renewsAt, key),
      expectedGeneration: generation,
    };
  }

  /** Saves a prepared renewal, unless the record is another one by now. Repeating it is harmless. */
  async saveRenewal({ write, expectedGeneration }: PreparedRenewal): Promise<RenewalOutcome> {
    const outcome = await this.#store.tokens.saveIf(write, expectedGeneration);
    if (outcome.saved) return outcome;
    return { saved: false, current: outcome.current && this.#records.open(outcome.current) };
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
      const record = this.#records.open(stored);
      if (this.#ownerOf(record)?.equals(hash) !== true) throw new SealError('mismatch');
      return record;
    });
    return { records, next: page.next };
  }

  /** Under what the records of one client are claimed. */
  laneOf(provider: string, clientId: string): Buffer {
    return this.hasher.lane(provider, clientId);
  }

  /**
   * Takes the lease of a record if it is free, over, or already `owner`'s.
   *
   * @throws SealError when the record was tampered with or its key is missing; it is not leased then
   */
  async claim(identity: RecordIdentity, owner: Buffer, leaseMs: number): Promise<RecordClaim> {
    const request = { key: this.hasher.recordKey(identity), owner, leaseMs };
    const { claimed, record } = await this.#store.tokens.claim(request);
    try {
      return { claimed, record: record && this.#records.open(record, identity) };
    } catch (error) {
      if (claimed) await this.#store.tokens.release(request);
      throw error;
    }
  }

  /** Takes the leases of one client's records that are due and that nobody holds, longest due first. */
  async claimDue(claim: DueClaim): Promise<DueRecords> {
    return claimDue(this.#store.tokens, this.#records, this.laneOf(claim.provider, claim.clientId), claim);
  }

  /** Notes, before the call, that `record`'s refresh token is being spent; false: the lease or the record is gone. */
  async markSpending({ key, generation }: SavedRecord, owner: Buffer): Promise<boolean> {
    return this.#store.tokens.markSpending({ key, owner, generation });
  }

  /**
   * Changes how a record fares and gives its lease back. False, and nothing changed, when it is another token
   * by now or the lease somebody else's; with `owner` null, when anybody holds it.
   */
  async settle(
    { key, generation, state }: SavedRecord & Pick<OpenedRecord, 'state'>,
    owner: Buffer | null,
    change: RecordChange,
  ): Promise<boolean> {
    if (!maySettleAs(state, change.state)) return false;
    const cause = change.cause && encodeCause(change.cause);
    const dueAt = change.dueAt === null ? null : Math.floor(change.dueAt);
    return this.#store.tokens.settle({ key, owner, generation, change: { ...change, cause, dueAt } });
  }

  /** Gives the lease of a record back, if it is `owner`'s. */
  async release({ key }: Pick<SavedRecord, 'key'>, owner: Buffer): Promise<void> {
    await this.#store.tokens.release({ key, owner });
  }

  /**
   * Resolves when any process may have changed the record, or when `signal` aborts: a hint, which may not come.
   * Never rejects.
   */
  async changed(key: Buffer, signal: AbortSignal): Promise<void> {
    const { wakeUps } = this.#store;
    await (wakeUps?.changed(key, signal) ?? aborted(signal));
  }

  /** How many of a client's records are due and not leased, and since when the first of them is. */
  async due(provider: string, clientId: string): Promise<Backlog> {
    return this.#store.tokens.due({ lane: this.laneOf(provider, clientId) });
  }

  /** True for exactly one caller of all processes within `ttlMs`: spends the state of a login attempt. */
  async spend(mark: string, ttlMs: number): Promise<boolean> {
    return this.#store.marks.spendOnce(this.hasher.hash('mark', mark), ttlMs);
  }

  /**
   * Seals everything anew that lies under an older key of the ring (tokens, sessions, the directory), beside live
   * traffic, so that the key can be retired. Records are otherwise sealed with the newest key at their next save.
   */
  async reseal(options: ResealOptions = {}): Promise<ResealProgress> {
    const { tokens } = this.#store;
    return resealAll(partsOf(tokens, this.#records, this.#sessions, this.directory), options);
  }

  /** How the store is; never rejects. */
  async health(): Promise<StoreHealth> {
    return this.#store.health();
  }

  /** Finishes the writes under way and lets go of the store. */
  async close(): Promise<void> {
    await this.#store.close();
  }

  async #replace(record: TokenRecord, renewsAt: number | undefined): Promise<SavedRecord> {
    const sealed = this.#records.seal(record, renewsAt);
    const write: ReplacingWrite = { ...sealed, owner: this.#ownerOf(record) ?? null };
    await this.#store.tokens.replace(write);
    return { key: write.key, generation: write.generation };
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

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
