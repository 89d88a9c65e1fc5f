import { type ConfiguredProvider } from '../core/define-provider.js';
import { type ClientRecordIdentity, type OpenedRecord } from '../vault/index.js';
import { type CallOptions } from '../wire/wire.js';
import { operationOf } from './outcomes.js';
import { type RenewerParts } from './renewal.js';
import { repeated } from './repeated.js';
import { Renewer } from './renewer.js';
import { leaseMargin } from './settings.js';
import { renewsAt } from './windows.js';

/** How often the store is asked whether another process has the token by now. */
const pauseMs = 25;

/** Whoever fetches would not be home before somebody else may start. Nothing has been sent. */
class ReservationTooShort extends Error {}

/**
 * Fetches a token of the client itself that there has never been: one process calls, all others wait for what it
 * brings. There is no record yet that could be claimed, so what is claimed is its place.
 */
export class FirstTokens {
  constructor(
    private readonly parts: RenewerParts,
    private readonly renewer: Renewer,
  ) {}

  /** The record; fetched by us, or by whoever was faster. */
  async fetch(provider: ConfiguredProvider, identity: ClientRecordIdentity): Promise<OpenedRecord> {
    const { vault, timers, randomness } = this.parts;
    const holder = randomness.bytes(16);
    const lease = Renewer.leaseOf(provider);
    for (;;) {
      const known = await vault.load(identity);
      if (known !== undefined) return known;
      const deadline = timers.monotonic() + lease;
      if (!(await repeated(timers, () => vault.firstPlaces.take(identity, holder, lease)))) {
        await timers.sleep(pauseMs);
        continue;
      }
      try {
        const record = await this.call(provider, identity, deadline);
        if (record !== undefined) return record;
      } finally {
        // Later it may be somebody else's.
        if (timers.monotonic() < deadline) await vault.firstPlaces.leave(identity).catch(() => undefined);
      }
    }
  }

  private async call(
    provider: ConfiguredProvider,
    identity: ClientRecordIdentity,
    deadline: number,
  ): Promise<OpenedRecord | undefined> {
    const { vault, timers, settings, randomness, gate, quotas } = this.parts;
    // Somebody may have come home between our look and our reservation.
    const known = await vault.load(identity);
    if (known !== undefined) return known;
    await quotas.draw(provider, operationOf(identity), 'renewal');
    const options: CallOptions = {
      beforeSending: () => {
        if (timers.monotonic() + provider.timeoutMs + leaseMargin > deadline) throw new ReservationTooShort();
      },
    };
    try {
      const { tokens } = await gate.run(provider, () =>
        this.renewer.askForClient(provider, identity, options),
      );
      const dueAt = renewsAt(tokens, settings, randomness);
      const prepared = vault.prepareFirst(identity, tokens, dueAt);
      await repeated(timers, () => vault.saveFirst(prepared));
    } catch (error) {
      if (error instanceof ReservationTooShort) return undefined;
      throw error;
    }
    return vault.load(identity);
  }
}
