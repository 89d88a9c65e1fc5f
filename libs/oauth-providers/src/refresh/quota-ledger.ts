import { type OperationName, type Quota } from '../core/contract.js';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthProviderError } from '../core/errors.js';
import { type Clock, type Randomness, type Timers } from '../core/ports.js';
import { type Vault } from '../vault/index.js';
import { repeated } from './repeated.js';
import { localDay } from './local-day.js';

/** Who draws on a quota: a share of it is kept for people who sign in. */
export type QuotaPurpose = 'login' | 'renewal';

/** How the ledger treats what a platform allows. */
export interface QuotaSettings {
  /** The share that only logins may use, from 0 to 1. */
  readonly loginShare: number;
  /** Whether logins too are refused at the number; else they are tried, since the number may be out of date. */
  readonly enforce: boolean;
}

/** What holds where nothing else is said. */
export const defaultQuotaSettings: QuotaSettings = { loginShare: 0.2, enforce: false };

/** From this part of a quota on, the operator is warned. */
const warningShare = 0.8;

/** Keeps the platforms' quotas, for all processes on one store: a call that would be refused anyway is not burnt. */
export class QuotaLedger {
  /** Until when the platform itself has said that a quota is used up, by client and quota. */
  private readonly spent = new Map<string, number>();
  /** How much was used when somebody last drew, as the store said. */
  private readonly drawn = new Map<string, number>();

  constructor(
    private readonly vault: Pick<Vault, 'quotas'>,
    private readonly clock: Clock,
    private readonly timers: Pick<Timers, 'sleep'>,
    private readonly randomness: Randomness,
    private readonly settings: QuotaSettings,
    private readonly warn: (provider: ConfiguredProvider, operation: OperationName) => void,
  ) {}

  /**
   * Draws one call on every quota that counts this operation.
   * @throws OAuthProviderError `throttled`, with the time of the reset, when nothing is left for this purpose
   */
  async draw(provider: ConfiguredProvider, operation: OperationName, purpose: QuotaPurpose): Promise<void> {
    if (provider.contract.quotas === undefined) return;
    for (const [name, quota] of quotasOf(provider, operation)) {
      await this.take(provider, operation, purpose, quota, name);
    }
  }

  /**
   * The platform has answered that it is asked too often. Where our own count says that the quota is used up too,
   * its word counts until the reset; else it is a passing limit and no quota.
   */
  exhausted(provider: ConfiguredProvider, operation: OperationName): void {
    const now = this.clock.now();
    for (const [name, { limit, window }] of quotasOf(provider, operation)) {
      if ((this.drawn.get(placeOf(provider, name)) ?? 0) < limit) continue;
      const end = 'dayIn' in window ? localDay(window.dayIn, now).end : now + window.seconds * 1000;
      this.spent.set(placeOf(provider, name), end);
    }
  }

  private async take(
    provider: ConfiguredProvider,
    operation: OperationName,
    purpose: QuotaPurpose,
    quota: Quota,
    name: string,
  ): Promise<void> {
    const { clientId } = provider;
    const kept = quota.operations.includes('exchange') ? this.settings.loginShare : 0;
    const ceiling = purpose === 'login' ? quota.limit : Math.floor(quota.limit * (1 - kept));
    const draw = {
      provider: provider.name,
      clientId,
      name,
      amount: 1,
      ceiling,
      reservation: this.randomness.bytes(16),
    };
    const now = this.clock.now();
    let granted: boolean;
    let used: number;
    let resetAt: number;
    if ('dayIn' in quota.window) {
      const day = localDay(quota.window.dayIn, now);
      const daily = { ...draw, window: day.id, expiresAt: day.end };
      ({ granted, used } = await repeated(this.timers, () => this.vault.quotas.take(daily)));
      resetAt = day.end;
    } else {
      const windowMs = quota.window.seconds * 1000;
      const sliding = { ...draw, windowMs };
      ({ granted, used } = await repeated(this.timers, () => this.vault.quotas.takeSliding(sliding)));
      resetAt = now + Math.ceil(windowMs / 60);
    }
    this.drawn.set(placeOf(provider, name), granted ? used : quota.limit);
    if (used >= quota.limit * warningShare) this.warn(provider, operation);
    const spentUntil = this.spent.get(placeOf(provider, name)) ?? 0;
    // Logins go on until the platform itself says stop: the number in its documents may be an old one.
    const tries = granted || (purpose === 'login' && !this.settings.enforce);
    if (tries && spentUntil <= now) return;
    resetAt = Math.max(resetAt, spentUntil);
    throw new OAuthProviderError({
      provider: provider.name,
      operation,
      errorClass: 'throttled',
      reason: `the quota of ${quota.limit} calls is used up`,
      fate: 'not_sent',
      retryAfterSeconds: Math.max(Math.ceil((resetAt - now) / 1000), 1),
    });
  }
}

function quotasOf(provider: ConfiguredProvider, operation: OperationName): (readonly [string, Quota])[] {
  return (provider.contract.quotas ?? [])
    .map((quota, index) => [String(index), quota] as const)
    .filter(([, quota]) => quota.operations.includes(operation));
}

function placeOf({ name, clientId }: ConfiguredProvider, quota: string): string {
  return JSON.stringify([name, clientId, quota]);
}
