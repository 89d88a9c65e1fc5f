import { type Clock } from '../core/ports.js';
import { type ClientRecordIdentity } from './record-identity.js';
import { type LookupHasher } from './record-key.js';
import { type BlobStore } from './store-engine.port.js';

const namespace = 'first-token';

/** The places of clients' tokens that are not there yet: what has no record has no lease that could be taken. */
export class FirstPlaces {
  constructor(
    private readonly blobs: BlobStore,
    private readonly hasher: LookupHasher,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes a place for `leaseMs`: true for one of all processes, and for that one as often as it asks. `holder` is any
   * id of the caller's.
   */
  async take(identity: ClientRecordIdentity, holder: Buffer, leaseMs: number): Promise<boolean> {
    const place = this.hasher.recordKey(identity);
    const until = this.clock.now() + leaseMs;
    if (await this.blobs.putIfAbsent(namespace, place, holder, until)) return true;
    return (await this.blobs.get(namespace, place))?.equals(holder) === true;
  }

  /** Gives a place back; only for who holds it. */
  async leave(identity: ClientRecordIdentity): Promise<void> {
    await this.blobs.delete(namespace, this.hasher.recordKey(identity));
  }
}
