import { type Clock, type Timers } from '../core/ports.js';
import { type OpenedRecord, type RecordIdentity, type Vault } from '../vault/index.js';
import { nameOf } from './record-name.js';

/** The first look comes soon, since most platforms answer fast; later ones cost the store next to nothing. */
const firstPause = 10;
const longestPause = 100;

/** Whether somebody holds the lease of a record. */
export function isHeld({ leasedUntil }: OpenedRecord, now: number): boolean {
  return leasedUntil !== null && leasedUntil > now;
}

/**
 * Waits for what another process does with a record: all callers of this process together, by looking again and
 * again. A hint of the store only makes it look sooner.
 */
export class RenewalWatch {
  private readonly watches = new Map<string, Promise<OpenedRecord | undefined>>();

  constructor(
    private readonly vault: Pick<Vault, 'changed'>,
    private readonly timers: Timers,
    private readonly clock: Clock,
    private readonly load: (identity: RecordIdentity) => Promise<OpenedRecord | undefined>,
  ) {}

  /** The record as soon as it holds other tokens, or nobody holds its lease any more; undefined when it is gone. */
  changed(record: OpenedRecord): Promise<OpenedRecord | undefined> {
    const name = nameOf(record.identity);
    const known = this.watches.get(name);
    if (known !== undefined) return known;
    const watch = this.watch(record).finally(() => this.watches.delete(name));
    this.watches.set(name, watch);
    return watch;
  }

  private async watch(seen: OpenedRecord): Promise<OpenedRecord | undefined> {
    const enough = new AbortController();
    const hints = this.hints(seen.key, enough.signal);
    try {
      for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
        await this.pause(pause, hints);
        const now = await this.load(seen.identity);
        if (now === undefined || !now.generation.equals(seen.generation)) return now;
        if (!isHeld(now, this.clock.now())) return now;
      }
    } finally {
      enough.abort();
    }
  }

  /** The hint to come: announced once, however often the record is looked at meanwhile, since that is a write. */
  private hints(key: Buffer, signal: AbortSignal): () => Promise<void> {
    let next: Promise<void> | undefined;
    return () => (next ??= this.vault.changed(key, signal).then(() => (next = undefined)));
  }

  private async pause(ms: number, hint: () => Promise<void>): Promise<void> {
    const enough = new AbortController();
    try {
      await Promise.race([this.timers.sleep(ms, enough.signal), hint()]);
    } finally {
      enough.abort();
    }
  }
}
