import { type ExtraClients } from './core/clients.js';
import { type TimeSource } from './core/clock.js';
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
}
