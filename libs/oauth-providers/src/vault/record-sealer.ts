import { type Randomness } from '../core/ports.js';
import { decodeCause } from './record-cause.js';
import { type RecordIdentity, sameIdentity } from './record-identity.js';
import { type LookupHasher } from './record-key.js';
import { SealError } from './seal-error.js';
import { type Sealer } from './sealing.js';
import { decodeRecord, encodeRecord, type TokenRecord } from './token-record.js';
import { type Resealing, type StoredToken, type TokenWrite, writeIdBytes } from './token-store.port.js';
import { type OpenedRecord } from './vault-types.js';

const generationBytes = 16;

/** Turns records into what a store keeps, and back. */
export class RecordSealer {
  readonly #sealer: Sealer;
  readonly #hasher: LookupHasher;
  readonly #randomness: Randomness;

  constructor(sealer: Sealer, hasher: LookupHasher, randomness: Randomness) {
    this.#sealer = sealer;
    this.#hasher = hasher;
    this.#randomness = randomness;
  }

  /** A write of `record` under a new generation; `key` is its record key, where that is known. */
  seal(
    record: TokenRecord,
    dueAt: number | undefined,
    key = this.#hasher.recordKey(record.identity),
  ): TokenWrite {
    const { provider, clientId } = record.identity;
    const generation = this.#randomness.bytes(generationBytes);
    return {
      key,
      writeId: this.#randomness.bytes(writeIdBytes),
      generation,
      sealed: this.#sealer.seal('token', [key, generation], encodeRecord(record)),
      lane: this.#hasher.lane(provider, clientId),
      // Jitter leaves fractions, and stores keep whole milliseconds.
      dueAt: dueAt === undefined ? null : Math.floor(dueAt),
    };
  }

  /**
   * The record in a row.
   *
   * @param asked - what the caller looked for; another record under its key is refused
   * @throws SealError when it was tampered with or its key is missing
   */
  open(stored: StoredToken, asked?: RecordIdentity): OpenedRecord {
    const { key, generation, sealed, lease, spending } = stored;
    const record = decodeRecord(this.#sealer.open('token', [key, generation], sealed));
    if (asked !== undefined && !sameIdentity(record.identity, asked)) throw new SealError('mismatch');
    return {
      identity: record.identity,
      owner: record.owner,
      tokens: record.tokens,
      key,
      // A copy: a part of what the store sent would keep all of it in memory for as long as the record is cached.
      generation: Buffer.from(generation),
      state: stored.state,
      cause: decodeCause(stored.cause),
      dueAt: stored.dueAt,
      failures: stored.failures,
      refusals: stored.refusals,
      refusedSince: stored.refusedSince,
      leasedUntil: lease?.until ?? null,
      inSpending: spending?.equals(generation) === true,
    };
  }

  /**
   * The same bytes under the newest key of the ring; undefined when they already are.
   *
   * @throws SealError when they were tampered with or their key is missing
   */
  reseal({ key, generation, sealed }: StoredToken): Resealing | undefined {
    if (!this.#sealer.needsReseal(sealed)) return undefined;
    const binding = [key, generation];
    const bytes = this.#sealer.open('token', binding, sealed);
    return { key, generation, sealed: this.#sealer.seal('token', binding, bytes) };
  }
}
