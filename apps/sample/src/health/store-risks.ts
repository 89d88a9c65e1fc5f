import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ReadinessSource } from './readiness-source.js';

/** Tells the operator once, at the start, what the store could lose the way it is set up. */
@Injectable()
export class StoreRisks implements OnApplicationBootstrap {
  private readonly logger = new Logger('Store');

  constructor(@Inject(ReadinessSource) private readonly source: ReadinessSource) {}

  async onApplicationBootstrap(): Promise<void> {
    // Only the risks are of interest here: a store that is down is what readiness tells, again and again.
    const { store } = await this.source.health().catch(() => ({ store: { risks: [] } }));
    for (const risk of store.risks) this.logger.warn(risk);
  }
}
