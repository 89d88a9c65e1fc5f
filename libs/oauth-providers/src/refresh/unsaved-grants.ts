import { type Timers } from '../core/ports.js';
import { type OpenedRecord, type PreparedRenewal, type RenewalOutcome } from '../vault/index.js';

/** Saves renewals; the vault is one. */
export interface RenewalSink {
  saveRenewal(prepared: PreparedRenewal): Promise<RenewalOutcome>;
}

/** A renewal that the store has not taken yet: it is served from here until it has. */
export interface UnsavedGrant {
  readonly prepared: PreparedRenewal;
  /** The record as it will be once it is saved. */
  readonly record: OpenedRecord;
}

const firstPause = 250;
const longestPause = 5_000;

/**
 * Between the platform's answer and the save lies the one moment at which a grant can be lost. What the store does
 * not take is kept here, served to callers of this process, and saved again until it is known to be stored.
 */
export class UnsavedGrants {
  private readonly waiting = new Map<string, UnsavedGrant>();
  private readonly saving = new Set<Promise<void>>();

  constructor(
    private readonly sink: RenewalSink,
    private readonly timers: Timers,
    /** Told of a grant that was overtaken: the record is another one by now (`current`), or gone. */
    private readonly onLost: (grant: UnsavedGrant, current: OpenedRecord | undefined) => void,
  ) {}

  /** How many grants exist nowhere but here. */
  get size(): number {
    return this.waiting.size;
  }

  /** The tokens of a record that is not stored yet. */
  get(key: Buffer): OpenedRecord | undefined {
    return this.waiting.get(key.toString('base64'))?.record;
  }

  /** What is kept for a record. */
  grant(key: Buffer): UnsavedGrant | undefined {
    return this.waiting.get(key.toString('base64'));
  }

  /** Saves a renewal. `undefined`: the store did not answer, and the grant is kept and tried again. */
  async save(grant: UnsavedGrant): Promise<RenewalOutcome | undefined> {
    try {
      return await this.sink.saveRenewal(grant.prepared);
    } catch {
      this.keep(grant);
      return undefined;
    }
  }

  /** Takes grants over that an earlier process could not save. */
  keep(grant: UnsavedGrant): void {
    const name = grant.record.key.toString('base64');
    this.waiting.set(name, grant);
    const saving = this.insist(name, grant).finally(() => this.saving.delete(saving));
    this.saving.add(saving);
  }

  /** Waits until everything is stored or `deadline` resolves; what is left then. */
  async drain(deadline: Promise<unknown>): Promise<readonly UnsavedGrant[]> {
    await Promise.race([Promise.all(this.saving), deadline]);
    return [...this.waiting.values()];
  }

  private async insist(name: string, grant: UnsavedGrant): Promise<void> {
    for (
      let pause = firstPause;
      this.waiting.get(name) === grant;
      pause = Math.min(pause * 2, longestPause)
    ) {
      await this.timers.sleep(pause);
      try {
        // Saved or overtaken: either way the store knows better than we do from here on.
        const outcome = await this.sink.saveRenewal(grant.prepared);
        if (this.waiting.get(name) === grant) this.waiting.delete(name);
        if (!outcome.saved) this.onLost(grant, outcome.current);
        return;
      } catch {
        // Not yet.
      }
    }
  }
}
