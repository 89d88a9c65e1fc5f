/** How the renewal engine behaves. Times are milliseconds. */
export interface RenewalSettings {
  /** How long before the end of a token its renewal begins, in the background. At most half its life. */
  readonly advisoryMs: number;
  /** How long before its end callers wait for the renewal. At most a quarter of its life. */
  readonly mandatoryMs: number;
  /** How long a caller waits at most while the old token is still good. */
  readonly maxWaitMs: number;
  /** How many renewals of one client run at the same time. */
  readonly concurrency: number;
}

/** The settings where nothing else is said. */
export const defaultSettings: RenewalSettings = {
  advisoryMs: 600_000,
  mandatoryMs: 60_000,
  maxWaitMs: 5_000,
  concurrency: 16,
};

/** Time for everything around the call: the claim, the save, clocks that differ a little. */
export const leaseMargin = 5_000;
