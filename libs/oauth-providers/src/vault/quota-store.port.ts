/** One draw on a quota of calendar windows. */
export interface QuotaTake {
  /** Hash of whose quota it is. */
  readonly bucket: Buffer;
  /** Which window, such as the platform's local day. */
  readonly window: string;
  readonly amount: number;
  /** How far this purpose may fill the window: a lower one than another purpose's leaves that one its share. */
  readonly ceiling: number;
  /** When the window is over, in store time; what was drawn is forgotten then. */
  readonly expiresAt: number;
  /** Random id of this draw, {@link reservationBytes} long: the same draw again counts once. */
  readonly reservation: Buffer;
}

/** One draw on a quota of a sliding window. */
export interface SlidingTake extends Pick<QuotaTake, 'bucket' | 'amount' | 'ceiling' | 'reservation'> {
  readonly windowMs: number;
}

/** Whether a draw was granted, and how much of the window is used after it. */
export interface QuotaOutcome {
  readonly granted: boolean;
  readonly used: number;
}

/**
 * How much of each quota is used up, for all processes. A draw is decided in one step: granted only if it
 * stays within its ceiling, and a refusal changes nothing. A window remembers its last
 * {@link rememberedReservations} draws, so repeating one is harmless: it is granted again and counted once.
 */
export interface QuotaStore {
  take(take: QuotaTake): Promise<QuotaOutcome>;

  /** How much of a window is used. */
  used(window: Pick<QuotaTake, 'bucket' | 'window'>): Promise<number>;

  /**
   * Draws on the last `windowMs`. What was drawn is kept by parts of {@link slidingParts} to the window and
   * leaves it with its part, so each draw counts for up to one part longer than `windowMs`, and never shorter:
   * at no moment is more granted within `windowMs` than the ceiling says.
   */
  takeSliding(take: SlidingTake): Promise<QuotaOutcome>;
}

/** When a client may call its platform again, for all processes. */
export interface CoolDowns {
  /** Until when to wait, in store time; null: not at all. */
  get(lane: Buffer): Promise<number | null>;
  /** Waits until then at least: an earlier time never shortens a later one. */
  set(lane: Buffer, until: number): Promise<void>;
}

/** Bytes of a reservation's id. */
export const reservationBytes = 16;

/** How many of its last reservations a window remembers. Repeats come seconds apart. */
export const rememberedReservations = 64;

/** In how many parts a sliding window is counted. */
export const slidingParts = 60;
