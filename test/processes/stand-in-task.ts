/** How the stand-in for a platform behaves. */
export interface Conduct {
  /** How long an access token lives; whole seconds. */
  readonly lifeMs: number;
  /** How long a renewal takes. */
  readonly latencyMs: number;
  /** A renewal of a token that is younger is counted as early. */
  readonly earlyMs: number;
  /** How long its tokens are. */
  readonly tokenBytes: number;
}

/** What it has seen. */
export interface PlatformCounts {
  refreshes: number;
  /** Refresh tokens that came a second time. */
  reuse: number;
  /** Access tokens that were shown after their end. */
  refused: number;
  /** Renewals long before, and after, the end of the access token. */
  early: number;
  late: number;
  /** The latest of all renewals, seen from the end of the access token: negative when none was late. */
  latestMs: number;
  /** Renewals that wait for their answer. */
  inFlight: number;
  mostInFlight: number;
  /** How many users were renewed, and how often at least and at most. */
  renewed: number;
  fewest: number;
  most: number;
  /** Renewals in each second. */
  perSecond: Record<number, number>;
}

/** What it can be told. */
export interface PlatformOrders {
  behave(order: Partial<Conduct>): null;
  /** Forgets everybody, and all counts. */
  forget(order: object): null;
  /** Keeps all answers back until it is told to release them. */
  hold(order: object): null;
  release(order: object): null;
  counts(order: object): PlatformCounts;
  generationOf(order: { subject: string }): number;
}
