/** Which store the processes of a fleet share. */
export interface StorePlace {
  readonly kind: 'redis' | 'postgres';
  readonly url: string;
  /** A part of the store of one's own: the prefix of keys, or the schema. */
  readonly space?: string;
  /** Connections of a PostgreSQL pool. */
  readonly poolSize?: number;
}

/** What a process of a fleet is made of; handed in as JSON in the variable `TASK`. */
export interface Task {
  readonly store: StorePlace;
  readonly origin: string;
  readonly provider: 'huawei' | 'wps' | 'anyweb' | 'yuanzhibang';
  readonly clientId: string;
  readonly clientSecret: string;
  /** The time limit of a call, in ms; a lease lasts ten seconds longer. */
  readonly timeoutMs?: number;
  /** How wrong the process's own clock is, in ms. */
  readonly skewMs?: number;
  readonly settings?: {
    readonly advisoryMs?: number;
    readonly mandatoryMs?: number;
    readonly maxWaitMs?: number;
    readonly concurrency?: number;
  };
  /** Switches the cache off. */
  readonly uncached?: boolean;
}

/** A named moment of a renewal, and which signal the process sends itself there, once. */
export interface Halt {
  readonly at: 'claimed' | 'marked' | 'replied' | 'saved';
  readonly signal: 'SIGKILL' | 'SIGSTOP';
}

/** What 250 callers, or however many, got. */
export interface Served {
  /** Each access token that was given out, once. */
  readonly tokens: readonly string[];
  /** How many callers got an error, and which errors there were. */
  readonly failed: number;
  readonly errors: readonly string[];
  /** From the first call to the last answer. */
  readonly ms: number;
}

/** How a record fares. */
export interface Look {
  readonly state: string;
  readonly cause: string | null;
  readonly inSpending: boolean;
  readonly leased: boolean;
  readonly accessToken: string;
  readonly expiresAt: number;
  readonly dueAt: number | null;
}

/** What a process can be told to do, and what it answers. */
export interface Orders {
  /** Many callers at once; `rejected`: they all say that the platform refused this one. */
  ask(order: { subject: string; callers: number; rejected?: string | undefined }): Served;
  /** Callers of the application's own token. */
  askApp(order: { callers: number; rejected?: string | undefined }): Served;
  /** Callers of a ticket. */
  askTicket(order: { type: string; callers: number }): Served;
  sweep(order: object): { claimed: number; renewed: number; failed: number; broken: number };
  look(order: { subject: string }): Look | null;
  halt(order: Halt): null;
  /** Lets the next answer of the store to this method be lost: see `cut` in the fleet. */
  cut(order: { method: string }): null;
  stats(order: object): { unsaved: number; rssBytes: number; cpuMs: number; storeTime: number };
}
