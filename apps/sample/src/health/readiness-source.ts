/** How far the renewal is behind at one client. */
export interface Backlog {
  readonly provider: string;
  readonly clientId: string;
  readonly due: number;
  /** How long the oldest has been waiting. */
  readonly lagMs: number;
}

/** What readiness is judged by. */
export interface Condition {
  readonly store: { readonly up: boolean; readonly risks: readonly string[] };
  /** Grants that only the memory of this process holds. */
  readonly unsaved: number;
  readonly openCircuits: readonly { readonly provider: string; readonly clientId: string }[];
  readonly backlog: readonly Backlog[];
}

/** Whoever knows how the renewal of tokens is; the service of the library, outside tests. */
export abstract class ReadinessSource {
  abstract health(): Promise<Condition>;
}
