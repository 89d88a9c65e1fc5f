import { Inject, Injectable } from '@nestjs/common';
import { HealthIndicatorService, type HealthIndicatorFunction } from '@nestjs/terminus';
import { SampleConfig } from '../config/sample-config.js';
import { type Condition, ReadinessSource } from './readiness-source.js';

const leastLagMs = 60_000;
const defaultTickMs = 10_000;
const lateTicks = 3;

const unknown: Condition = { store: { up: false, risks: [] }, unsaved: 0, openCircuits: [], backlog: [] };

/** Whether this process should be sent requests, point by point. */
@Injectable()
export class Readiness {
  /** What is due waits for a tick as a matter of course; a few of them missed is a scheduler that lags. */
  private readonly lagLimitMs: number;

  constructor(
    @Inject(SampleConfig) config: SampleConfig,
    @Inject(ReadinessSource) private readonly source: ReadinessSource,
    @Inject(HealthIndicatorService) private readonly indicators: HealthIndicatorService,
  ) {
    this.lagLimitMs = Math.max(leastLagMs, lateTicks * (config.tickMs ?? defaultTickMs));
  }

  /** Looks once and judges every point by the same look. */
  async checks(): Promise<HealthIndicatorFunction[]> {
    // What cannot even be asked is not ready, whatever the reason.
    const { store, unsaved, openCircuits, backlog } = await this.source.health().catch(() => unknown);
    const late = backlog.filter(({ lagMs }) => lagMs > this.lagLimitMs);
    const due = backlog.reduce((sum, client) => sum + client.due, 0);
    const lagMs = Math.max(0, ...backlog.map((client) => client.lagMs));
    return [
      this.point('store', store.up, { risks: store.risks }),
      this.point('scheduler', late.length === 0, { due, lagMs, ...(late.length === 0 ? {} : { late }) }),
      this.point('circuits', openCircuits.length === 0, { open: openCircuits }),
      this.point('unsaved', unsaved === 0, { grants: unsaved }),
    ];
  }

  private point(
    name: string,
    good: boolean,
    data: Readonly<Record<string, unknown>>,
  ): HealthIndicatorFunction {
    const indicator = this.indicators.check(name);
    return () => (good ? indicator.up(data) : indicator.down(data));
  }
}
