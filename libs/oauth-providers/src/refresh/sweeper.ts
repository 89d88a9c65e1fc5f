import { type ConfiguredProvider } from '../core/define-provider.js';
import { type LiveTokens } from './live-tokens.js';
import { type RenewerParts } from './renewal.js';
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
  private readonly running = new Set<Promise<unknown>>();
  private stopped = false;

  constructor(
    private readonly parts: RenewerParts,
    private readonly live: LiveTokens,
    private readonly providers: () => Promise<readonly ConfiguredProvider[]>,
  ) {}

  /** Renews what is due until nothing is, or every slot has been used once. */
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
    const { gate, clock } = this.parts;
    let total = nothing;
    while (!this.stopped && gate.notBefore(provider) <= clock.now()) {
      const report = await this.batch(provider);
      total = {
        claimed: total.claimed + report.claimed,
        renewed: total.renewed + report.renewed,
        failed: total.failed + report.failed,
        broken: total.broken + report.broken,
      };
      // Rows that do not open fill no slot, and hide nothing that is due behind them.
      if (report.claimed + report.broken === 0) break;
    }
    return total;
  }

  private async batch(provider: ConfiguredProvider): Promise<SweepReport> {
    const { vault, timers, randomness, settings } = this.parts;
    const client = JSON.stringify([provider.name, provider.clientId]);
    const limit = settings.concurrency - (this.busy.get(client) ?? 0);
    if (limit <= 0) return nothing;
    const lease = Renewer.leaseOf(provider);
    const deadline = timers.monotonic() + lease;
    const owner = randomness.bytes(16);
    this.take(client, limit);
    try {
      const { name, clientId } = provider;
      const { records, broken } = await vault.claimDue({
        provider: name,
        clientId,
        owner,
        leaseMs: lease,
        limit,
      });
      const work = Promise.allSettled(
        records.map((record) => this.live.renewClaimed(provider, record, owner, deadline)),
      );
      this.running.add(work);
      const results = await work.finally(() => this.running.delete(work));
      const renewed = results.filter(
        ({ status, ...rest }) => status === 'fulfilled' && isCurrent(rest),
      ).length;
      return { claimed: records.length, renewed, failed: records.length - renewed, broken: broken.length };
    } finally {
      this.take(client, -limit);
    }
  }

  private take(client: string, slots: number): void {
    this.busy.set(client, (this.busy.get(client) ?? 0) + slots);
  }
}

function isCurrent(result: object): boolean {
  return 'value' in result && (result.value as { end?: string }).end === 'current';
}
