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

/** Many logins: of `<prefix>-<from>`, `<prefix>-<from + 1>` and so on, with tokens of the stand-in. */
export interface Seeding {
  readonly prefix: string;
  readonly from: number;
  readonly count: number;
  /** How long their access tokens live. */
  readonly lifeMs: number;
  /** When the first and the last of them end, from now; the others evenly in between. */
  readonly endIn: readonly [first: number, last: number];
  /** How long the tokens are. */
  readonly tokenBytes?: number;
}

/** What a sweep, or several, came to. */
export interface Swept {
  readonly claimed: number;
  readonly renewed: number;
  readonly failed: number;
  readonly broken: number;
}

/** How a process works until it is told to rest. */
export interface Shift {
  /** The pause between two sweeps. */
  readonly everyMs: number;
  /** So many callers ask for one token after the other, and show each to the stand-in. */
  readonly callers: number;
  readonly prefix: string;
  readonly subjects: number;
}

/** What a shift came to. */
export interface Shifted {
  readonly swept: Swept;
  readonly asked: number;
  /** Callers who got an error, and which errors there were. */
  readonly failed: number;
  readonly errors: readonly string[];
  /** Callers who got a token that had ended, or that the platform did not take although it had not. */
  readonly ended: number;
  readonly refused: number;
}

/** What a process can be told to do, and what it answers. */
export interface Orders {
  /** Many callers at once; `rejected`: they all say that the platform refused this one. */
  ask(order: { subject: string; callers: number; rejected?: string | undefined }): Served;
  /** Callers of the application's own token. */
  askApp(order: { callers: number; rejected?: string | undefined }): Served;
  /** Callers of a ticket. */
  askTicket(order: { type: string; callers: number }): Served;
  /** Draws once on the quotas of an operation, as a login does; the class of the error where none is granted. */
  draw(order: { operation: 'exchange' | 'appToken' }): string | null;
  sweep(order: object): Swept;
  seed(order: Seeding): null;
  work(order: Shift): null;
  rest(order: object): Shifted;
  /** Sets the clock of the process. */
  setClock(order: { skewMs: number }): null;
  /** What is due and not yet claimed, and how long the oldest has been waiting. */
  backlog(order: object): { due: number; lagMs: number };
  look(order: { subject: string }): Look | null;
  halt(order: Halt): null;
  /** Lets the next answer of the store to this method be lost: see `cut` in the fleet. */
  cut(order: { method: string }): null;
  /** How many bytes it still holds after it has collected its garbage. */
  held(order: object): number;
  stats(order: object): { unsaved: number; rssBytes: number; cpuMs: number; storeTime: number };
}
