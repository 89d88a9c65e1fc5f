import { type ExtraClients } from './core/clients.js';
import { type TimeSource } from './core/clock.js';
import { type TokenLifetimes } from './core/lifetimes.js';
import { type ProviderName } from './core/provider-name.js';
import { type Randomness } from './core/randomness.js';

/** How to start an emulator; every part is optional. */
export interface PlatformEmulatorOptions {
  /**
   * The port that serves every platform, always on 127.0.0.1; 0 picks a free one.
   * @defaultValue 0
   */
  readonly port?: number | undefined;
  /** A port of its own for some platforms, besides the common one; 0 picks a free one. */
  readonly ports?: Partial<Record<ProviderName, number>> | undefined;
  /**
   * Answers every consent page with the first demo user instead of showing it.
   * @defaultValue false
   */
  readonly autoApprove?: boolean | undefined;
  /** Clients beyond the demo ones. */
  readonly clients?: ExtraClients | undefined;
  /**
   * Where the time comes from; steering adds its offset on top.
   * @defaultValue the system clock
   */
  readonly clock?: TimeSource | undefined;
  /** Makes codes and opaque tokens repeatable. Keys, and with them signatures, stay random. */
  readonly seed?: string | undefined;
  /**
   * Where randomness comes from; wins over `seed`.
   * @defaultValue the operating system
   */
  readonly randomness?: Randomness | undefined;
  /** Lifetimes in seconds that replace the platforms' own, so that renewals can be watched. */
  readonly lifetimes?: TokenLifetimes | undefined;
  /**
   * How long a platform holds back a reply, in real milliseconds, after the endpoint has done its work. Faults that
   * come before the work are not held back.
   * @defaultValue 0
   */
  readonly latencyMs?: number | undefined;
  /**
   * Whether a rotated refresh token that comes back ends its whole grant (RFC 9700 §4.14.2). It is refused and
   * counted in any case.
   * @defaultValue false
   */
  readonly reuseDetection?: boolean | undefined;
  /**
   * Whether the platforms' quotas hold; turn it off for load tests.
   * @defaultValue true
   */
  readonly quotas?: boolean | undefined;
}
