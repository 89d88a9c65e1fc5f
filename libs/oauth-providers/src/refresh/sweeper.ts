import { type ConfiguredProvider } from '../core/define-provider.js';
import { type DueRecords, type OpenedRecord } from '../vault/index.js';
import { marksWithClaim } from './decide.js';
import { type LiveTokens } from './live-tokens.js';
import { type Hold, type RenewalResult, type RenewerParts } from './renewal.js';
import { Renewer } from './renewer.js';

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
 * slow platform never holds up another; and no more is claimed than there are free slots.
 */
export class Sweeper {
  private readonly busy = new Map<string, number>();
  private readonly running = new Set<Promise<void>>();
  private stopped = false;

  constructor(
    private readonly parts: RenewerParts,
    private readonly live: LiveTokens,
    private readonly providers: () => Promise<readonly ConfiguredProvider[]>,
  ) {}

  /** Renews what is due until nothing is, or {@link stop} is called: it goes on for as long as more falls due. */
  async refreshDue(): Promise<SweepReport> {
    const providers = await this.providers();
    const reports = await Promise.all(providers.map((provider) => this.sweep(provider)));
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
    await Promise.allSettled(this.running);
    await this.live.settled();
  }

  private async sweep(provider: ConfiguredProvider): Promise<SweepReport> {
    const sweep = new ProviderSweep(provider);
    try {
      while (!this.stopped && !sweep.stuck && (await this.mayCall(provider))) {
        const free = this.parts.settings.concurrency - (this.busy.get(sweep.client) ?? 0);
        if (free <= 0 && sweep.flying.size === 0) break;
        // A slot that falls free is filled at once: nobody waits for the slowest of a batch.
        if (free <= 0) await Promise.race(sweep.flying);
        else if (!(await this.fill(sweep, free))) break;
      }
    } finally {
      await Promise.all(sweep.flying);
    }
    return sweep.report();
  }

  private async mayCall(provider: ConfiguredProvider): Promise<boolean> {
    const { gate, clock } = this.parts;
    return (await gate.notBefore(provider)) <= clock.now();
  }

  /** Claims what is due, for the slots that are free; false when that was all. */
  private async fill(sweep: ProviderSweep, free: number): Promise<boolean> {
    const { vault, timers, randomness } = this.parts;
    const { name: provider, clientId } = sweep.provider;
    const leaseMs = Renewer.leaseOf(sweep.provider);
    const deadline = timers.monotonic() + leaseMs;
    const owner = randomness.bytes(16);
    const spending = marksWithClaim(sweep.provider);
    this.take(sweep.client, free);
    let claimed = 0;
    try {
      const due = await vault.claimDue({ provider, clientId, owner, leaseMs, limit: free, spending });
      claimed = due.records.length;
      sweep.found(due);
      for (const record of due.records) this.start(sweep, record, { owner, deadline, marked: spending });
      // Rows that do not open fill no slot, and hide nothing that is due behind them.
      return claimed + due.broken.length >= free;
    } finally {
      this.take(sweep.client, claimed - free);
    }
  }

  private start(sweep: ProviderSweep, record: OpenedRecord, hold: Hold): void {
    const flight = this.live
      .renewClaimed(sweep.provider, record, hold)
      .then(
        (result) => sweep.ended(record, result),
        () => sweep.ended(record, undefined),
      )
      .finally(() => {
        sweep.flying.delete(flight);
        this.running.delete(flight);
        this.take(sweep.client, -1);
      });
    sweep.flying.add(flight);
    this.running.add(flight);
  }

  private take(client: string, slots: number): void {
    this.busy.set(client, (this.busy.get(client) ?? 0) + slots);
  }
}

/** One sweep over what is due at one client. */
class ProviderSweep {
  readonly client: string;
  readonly flying = new Set<Promise<void>>();
  /** Records that are as they were, although they were claimed: they would be claimed again and again. */
  private readonly untouched = new Set<string>();
  private readonly counts = { claimed: 0, renewed: 0, failed: 0, broken: 0 };
  stuck = false;

  constructor(readonly provider: ConfiguredProvider) {
    this.client = JSON.stringify([provider.name, provider.clientId]);
  }

  found({ records, broken }: DueRecords): void {
    this.counts.claimed += records.length;
    this.counts.broken += broken.length;
    this.stuck ||= records.some(({ key }) => this.untouched.has(key.toString('base64')));
  }

  ended(record: OpenedRecord, result: RenewalResult | undefined): void {
    const current = result?.end === 'current';
    if (current) this.counts.renewed += 1;
    else this.counts.failed += 1;
    const changed = current ? !result.record.generation.equals(record.generation) : result?.end === 'failed';
    if (!changed) this.untouched.add(record.key.toString('base64'));
  }

  report(): SweepReport {
    return { ...this.counts };
  }
}
