import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  Optional,
} from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { type Timers } from '../core/ports.js';
import { type Client } from '../refresh/client-gate.js';
import { RenewalEngine } from '../refresh/engine.js';
import { type ClientBacklog, type SweepReport } from '../refresh/sweeper.js';
import { type StoreHealth, Vault } from '../vault/index.js';
import { OAuthTokens, type TokenStatus, type TokenTarget } from './oauth-tokens.service.js';
import { type ResolvedOptions } from './options.js';
import { readSpool, removeSpool, writeSpool } from './spool.js';
import { RESOLVED_OPTIONS, TIMERS } from './tokens.js';

const timeoutName = 'nestjs-oauth-providers:refresh';
const defaultTickMs = 10_000;
const shutdownMs = 8_000;

/** How everything fares that keeps tokens fresh. */
export interface RefreshHealth {
  /** Whether the store answers, and what could be lost the way it is set up. */
  readonly store: StoreHealth;
  /** Grants that exist only in the memory of this process. */
  readonly unsaved: number;
  /** Clients whose platform has failed repeatedly and is given a pause by this process. */
  readonly openCircuits: readonly Client[];
  /** What is due and has not been renewed yet; empty while the store does not answer. */
  readonly backlog: readonly ClientBacklog[];
}

/**
 * Keeps tokens fresh ahead of their end. One tick follows the other, never two at once; each renews what is due and
 * no more. On shutdown it waits for what is under way.
 */
@Injectable()
export class TokenRefreshService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('TokenRefreshService');
  private started = false;
  private stopped = false;

  constructor(
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedOptions,
    @Inject(RenewalEngine) private readonly engine: RenewalEngine,
    @Inject(OAuthTokens) private readonly tokens: OAuthTokens,
    @Inject(Vault) private readonly vault: Vault,
    @Inject(TIMERS) private readonly timers: Timers,
    @Optional() @Inject(SchedulerRegistry) private readonly scheduler: SchedulerRegistry | undefined,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    // Nest calls it once for each name the service is provided under (`useExisting`).
    if (this.started) return;
    this.started = true;
    await this.tellRisks();
    await this.loadSpool();
    if (this.options.schedule === false) return;
    if (this.scheduler === undefined) {
      this.logger.warn(
        'Tokens are renewed only when somebody asks for them: import ScheduleModule.forRoot() of @nestjs/schedule once in your application, or set schedule: false.',
      );
      return;
    }
    this.schedule();
  }

  async beforeApplicationShutdown(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    this.unschedule();
    const left = await this.engine.stop(this.timers.sleep(shutdownMs).catch(() => undefined));
    const { spoolFile } = this.options;
    if (left.length === 0) return;
    if (spoolFile === undefined) {
      this.logger.error(
        `${left.length} renewed grants could not be saved and are lost: set spoolFile to keep them.`,
      );
      return;
    }
    await writeSpool(spoolFile, left);
    this.logger.warn(
      `${left.length} renewed grants could not be saved and wait in the spool for the next start.`,
    );
  }

  /** Renews what is due now. */
  refreshDue(): Promise<SweepReport> {
    return this.engine.sweeper.refreshDue();
  }

  /** Renews one record now, whether it is due or not; undefined when there is none. */
  refreshNow(provider: string, target: TokenTarget): Promise<TokenStatus | undefined> {
    return this.tokens.refreshNow(provider, target);
  }

  /** What is due and has not been renewed yet, by client, and for how long. */
  backlog(): Promise<ClientBacklog[]> {
    return this.engine.sweeper.backlog();
  }

  /** How everything fares that keeps tokens fresh; never rejects. What readiness is told. */
  async health(): Promise<RefreshHealth> {
    const store = await this.vault.health();
    const backlog = await this.backlog().catch(() => []);
    return { store, unsaved: this.unsaved, openCircuits: this.engine.gate.openCircuits(), backlog };
  }

  /** Grants that exist only in the memory of this process, because the store does not take them. */
  get unsaved(): number {
    return this.engine.unsaved.size;
  }

  private schedule(): void {
    if (this.stopped || this.scheduler === undefined) return;
    const timeout = setTimeout(() => {
      this.unschedule();
      void this.sweep().finally(() => this.schedule());
    }, this.options.tickMs ?? defaultTickMs);
    timeout.unref();
    this.scheduler.addTimeout(timeoutName, timeout);
  }

  private unschedule(): void {
    if (this.scheduler?.doesExist('timeout', timeoutName) === true) this.scheduler.deleteTimeout(timeoutName);
  }

  private async sweep(): Promise<void> {
    try {
      await this.refreshDue();
    } catch (error) {
      this.logger.warn(
        `The sweep was cut short: ${error instanceof Error ? error.message : 'unknown error'}`,
      );
    }
  }

  /** Once, whatever the store: who set it up reads the log, and need not ask for its health. */
  private async tellRisks(): Promise<void> {
    const { risks } = await this.vault.health();
    for (const risk of risks) this.logger.warn(risk);
  }

  private async loadSpool(): Promise<void> {
    const { spoolFile } = this.options;
    if (spoolFile === undefined) return;
    const renewals = await readSpool(spoolFile);
    for (const renewal of renewals) await this.vault.saveRenewal(renewal);
    await removeSpool(spoolFile);
  }
}
