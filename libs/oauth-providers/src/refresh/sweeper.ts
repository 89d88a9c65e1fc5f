import { type ConfiguredProvider } from '../core/define-provider.js';
import { type DueRecords, type OpenedRecord } from '../vault/index.js';
import { marksWithClaim } from './decide.js';
import { type LiveTokens } from './live-tokens.js';
import { type Hold, type RenewalResult, type RenewerParts } from './renewal.js';
import { Renewer } from './renewer.js';
import { Slots } from './slots.js';

/** What one sweep did. */
export interface SweepReport {
  readonly claimed: number;
  readonly renewed: number;
  readonly failed: number;
  /** Records that could not be opened: tampered with, or sealed with a key that is missing. */
  readonly broken: number;
}

/** How much is waiting at one client. */
export interface ClientBacklog {
  readonly provider: string;
  readonly clientId: string;
  readonly due: number;
  /** How long the oldest has been waiting, in ms. */
  readonly lagMs: number;
}

const nothing: SweepReport = { claimed: 0, renewed: 0, failed: 0, broken: 0 };

/**
 * Renews what is due. Work grows with what is due, not with what is stored; every client has slots of its own, so a
 * slow platform never holds up another; and no more is claimed than there are free slots: of what a process holds, no
 * more than `concurrency` records wait for the platform, and no more than twice as many for the platform or the store.
 */
export class Sweeper {
  /** By client: sweeps that run side by side share them. */
  private readonly slots = new Map<string, Slots>();
  private readonly sweeps = new Set<Promise<unknown>>();
  private stopped = false;

  constructor(
    private readonly parts: RenewerParts,
    private readonly live: LiveTokens,
    private readonly providers: () => Promise<readonly ConfiguredProvider[]>,
  ) {}

  /** Renews what is due until nothing is, or {@link stop} is called: it goes on for as long as more falls due. */
  async refreshDue(): Promise<SweepReport> {
    const providers = await this.providers();
    const reports = await Promise.all(providers.map((provider) => this.begin(provider)));
    return reports.reduce(
      (sum, report) => ({
        claimed: sum.claimed + report.claimed,
        renewed: sum.renewed + report.renewed,
        failed: sum.failed + report.failed,
        broken: sum.broken + report.broken,
      }),
      nothing,
    );
  }

  /** What is waiting, by client. */
  async backlog(): Promise<ClientBacklog[]> {
    const { vault } = this.parts;
    const now = vault.clock.now();
    const providers = await this.providers();
    return Promise.all(
      providers.map(async ({ name, clientId }) => {
        const { count, oldest } = await vault.due(name, clientId);
        return {
          provider: name,
          clientId,
          due: count,
          lagMs: oldest === null ? 0 : Math.max(now - oldest, 0),
        };
      }),
    );
  }

  /** Takes no more work and waits for what is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.allSettled(this.sweeps);
    await this.live.settled();
  }

  /** Begins a sweep, for which {@link stop} waits even when one of another client fails. */
  private begin(provider: ConfiguredProvider): Promise<SweepReport> {
    const sweep = this.sweep(provider).finally(() => this.sweeps.delete(sweep));
    this.sweeps.add(sweep);
    return sweep;
  }

  private async sweep(provider: ConfiguredProvider): Promise<SweepReport> {
    const sweep = new ProviderSweep(provider, this.slotsOf(provider));
    const { timers } = this.parts;
    while (!this.stopped && !sweep.isOver && (await this.mayCall(provider))) {
      // A slot that falls free is filled at once: nobody waits for the slowest of a batch, nor for an earlier claim.
      if (sweep.slots.free > 0) void this.fill(sweep);
      else if (!sweep.isBusy) break;
      else {
        await sweep.progress();
        // What is answered in the same turn is claimed for together, and with the saves of what came.
        await timers.turn?.();
      }
    }
    while (sweep.isBusy) await sweep.progress();
    return sweep.report();
  }

  private async mayCall(provider: ConfiguredProvider): Promise<boolean> {
    const { gate, clock } = this.parts;
    return (await gate.notBefore(provider)) <= clock.now();
  }

  /** Claims what is due, for the slots that are free. Never rejects. */
  private async fill(sweep: ProviderSweep): Promise<void> {
    const { vault, timers, randomness } = this.parts;
    const { slots } = sweep;
    const { name: provider, clientId } = sweep.provider;
    const leaseMs = Renewer.leaseOf(sweep.provider);
    const deadline = timers.monotonic() + leaseMs;
    const owner = randomness.bytes(16);
    const spending = marksWithClaim(sweep.provider);
    const limit = slots.free;
    sweep.claims(limit);
    try {
      const due = await vault.claimDue({ provider, clientId, owner, leaseMs, limit, spending });
      sweep.found(due, limit);
      for (const record of due.records) void this.fly(sweep, record, { owner, deadline, marked: spending });
    } catch (error) {
      sweep.failed(error, limit);
    }
  }

  /** Renews one record in a slot that was taken for it. Never rejects. */
  private async fly(sweep: ProviderSweep, record: OpenedRecord, hold: Hold): Promise<void> {
    let calling = true;
    const answered = (): void => {
      if (!calling) return;
      calling = false;
      sweep.answered();
    };
    let result: RenewalResult | undefined;
    try {
      result = await this.live.renewClaimed(sweep.provider, record, { ...hold, answered });
    } catch {
      // It is claimed still, and comes again when its lease is over.
    }
    answered();
    sweep.ended(record, result);
  }

  private slotsOf({ name, clientId }: ConfiguredProvider): Slots {
    const client = JSON.stringify([name, clientId]);
    const known = this.slots.get(client);
    if (known !== undefined) return known;
    const made = new Slots(this.parts.settings.concurrency);
    this.slots.set(client, made);
    return made;
  }
}

/** One sweep over what is due at one client. */
class ProviderSweep {
  /** Nothing more is to be claimed: nothing more is due, or what is comes back as it was, or the store has failed. */
  isOver = false;
  private failure: { readonly error: unknown } | undefined;
  /** Claims and renewals under way, saves included. */
  private underWay = 0;
  /** Records that are as they were, although they were claimed: they would be claimed again and again. */
  private readonly untouched = new Set<string>();
  private readonly counts = { claimed: 0, renewed: 0, failed: 0, broken: 0 };
  private wake: (() => void) | undefined;

  constructor(
    readonly provider: ConfiguredProvider,
    readonly slots: Slots,
  ) {}

  get isBusy(): boolean {
    return this.underWay > 0;
  }

  claims(limit: number): void {
    this.slots.take(limit);
    this.underWay += 1;
  }

  found({ records, broken }: DueRecords, limit: number): void {
    this.counts.claimed += records.length;
    this.counts.broken += broken.length;
    // Rows that do not open fill no slot, and hide nothing that is due behind them.
    if (records.length + broken.length < limit) this.isOver = true;
    if (this.untouched.size > 0 && records.some(({ key }) => this.untouched.has(key.toString('base64')))) {
      this.isOver = true;
    }
    this.slots.giveBack(limit - records.length);
    this.underWay += records.length - 1;
    this.wake?.();
  }

  failed(error: unknown, limit: number): void {
    this.failure = { error };
    this.isOver = true;
    this.slots.giveBack(limit);
    this.underWay -= 1;
    this.wake?.();
  }

  answered(): void {
    this.slots.answered();
    this.wake?.();
  }

  ended(record: OpenedRecord, result: RenewalResult | undefined): void {
    const current = result?.end === 'current';
    if (current) this.counts.renewed += 1;
    else this.counts.failed += 1;
    const changed = current ? !result.record.generation.equals(record.generation) : result?.end === 'failed';
    if (!changed) this.untouched.add(record.key.toString('base64'));
    this.slots.saved();
    this.underWay -= 1;
    this.wake?.();
  }

  /** Resolves when the platform has answered, or something is through. */
  progress(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  /** What it did; throws what kept it from doing more. */
  report(): SweepReport {
    if (this.failure !== undefined) throw this.failure.error;
    return { ...this.counts };
  }
}
