import { type ConfiguredProvider } from '../core/define-provider.js';
import { type Clock, type Randomness, type Timers } from '../core/ports.js';
import { type OpenedRecord, type PreparedRenewal, type Vault } from '../vault/index.js';
import { type Wire } from '../wire/wire.js';
import { AppTokens, type AppTokenSource } from './app-tokens.js';
import { type BreakerFactory, ClientGate } from './client-gate.js';
import { discard } from './discard.js';
import { type TokenListener } from './events.js';
import { type Failpoint } from './failpoints.js';
import { LiveTokens } from './live-tokens.js';
import { QuotaLedger, type QuotaSettings } from './quota-ledger.js';
import { type RenewerParts } from './renewal.js';
import { type RenewalSettings } from './settings.js';
import { Sweeper } from './sweeper.js';
import { type CacheSettings, TokenCache } from './token-cache.js';
import { UnsavedGrants } from './unsaved-grants.js';

/** What the engine is made of. */
export interface EngineParts {
  readonly vault: Vault;
  readonly wire: Wire;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly randomness: Randomness;
  readonly breakers: BreakerFactory;
  readonly settings: RenewalSettings;
  readonly cache: CacheSettings;
  readonly quota: QuotaSettings;
  readonly notify: TokenListener;
  /** All providers, looked up where they have to be. */
  readonly providers: () => Promise<readonly ConfiguredProvider[]>;
  /** For tests that end the process at a certain moment; the module never passes one. */
  readonly failpoint?: Failpoint;
}

/** The renewal engine: live tokens for callers, a sweeper for what is due, a keeper for what is not saved yet. */
export class RenewalEngine {
  readonly live: LiveTokens;
  readonly sweeper: Sweeper;
  readonly unsaved: UnsavedGrants;
  readonly apps: AppTokens;
  readonly quotas: QuotaLedger;
  readonly gate: ClientGate;

  constructor(readonly parts: EngineParts) {
    const { vault, wire, clock, timers, breakers, cache } = parts;
    this.unsaved = new UnsavedGrants(vault, timers, ({ record }, current) => {
      void this.discard(record, current).catch(() => undefined);
    });
    const notify = quietly(parts.notify);
    this.quotas = new QuotaLedger(vault, clock, timers, parts.randomness, parts.quota, ({ name, clientId }) =>
      notify({ type: 'quota_warning', provider: name, clientId, kind: 'app' }),
    );
    const appToken: AppTokenSource = async (provider, options = {}) => {
      const identity = { kind: 'app', provider: provider.name, clientId: provider.clientId } as const;
      return (await this.live.get(provider, identity, options)).tokens.accessToken;
    };
    this.gate = new ClientGate(clock, timers, breakers, vault.coolDowns);
    const renewing: RenewerParts = {
      ...parts,
      gate: this.gate,
      unsaved: this.unsaved,
      quotas: this.quotas,
      notify,
      appToken,
    };
    this.live = new LiveTokens(renewing, new TokenCache(cache, clock, timers));
    this.sweeper = new Sweeper(renewing, this.live, parts.providers);
    this.apps = new AppTokens(wire, appToken);
  }

  /**
   * Takes no more work, waits for what is under way and for what is not saved yet, at most until `deadline`.
   * @returns what could not be saved, sealed: to be put aside for the next start
   */
  async stop(deadline: Promise<unknown>): Promise<readonly PreparedRenewal[]> {
    await Promise.race([this.sweeper.stop(), deadline]);
    return (await this.unsaved.drain(deadline)).map(({ prepared }) => prepared);
  }

  /** What was kept for a record that is another one by now. */
  private async discard(brought: OpenedRecord, current: OpenedRecord | undefined): Promise<void> {
    const { provider: name, clientId } = brought.identity;
    const providers = await this.parts.providers();
    const provider = providers.find((each) => each.name === name && each.clientId === clientId);
    if (provider !== undefined) await discard(this.parts.wire, provider, brought.tokens, current);
  }
}

/** A listener that fails is the listener's own trouble. */
function quietly(listener: TokenListener): TokenListener {
  return (event) => {
    try {
      listener(event);
    } catch {
      // Nothing a listener does may stop a renewal.
    }
  };
}
