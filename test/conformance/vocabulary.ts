import { type ErrorClass, type OperationName } from 'nestjs-oauth-providers';
import { type Fault, type Generation, type ProviderName } from 'platform-emulator';

/**
 * The words the tables are written in. A row is one situation at one platform: what is given, and what the
 * library must make of it. Rows hold data only; `measure.ts` runs them.
 */
export interface Row {
  readonly provider: ProviderName;
  readonly operation: RowOperation;
  /** One phrase, unique within provider and operation. */
  readonly what: string;
  /** The document that says so. */
  readonly source: string;
  /**
   * `documented`: the platform's documents or its own clients say so · `assumed`: nobody says, and the
   * emulator's answer is a guess · `any`: what any server may answer on a bad day.
   */
  readonly basis: 'documented' | 'assumed' | 'any';
  readonly given: Given;
  readonly expect: Expectation;
  /** Why the library does not conform yet. The row then has to fail, and never counts as passing. */
  readonly bug?: string;
}

/** The contract's operations, the two legs of the browser, and the verification of the id_token. */
export type RowOperation = OperationName | 'authorize' | 'callback' | 'idToken';

/** The situation. Without `fault` the emulator answers by itself. */
export interface Given {
  /** The platform answers the call with exactly this (for `idToken`: the fetch of its keys). */
  readonly fault?: Fault;
  /** A demo user of the emulator. */
  readonly user?: string;
  /** What is asked for and granted. */
  readonly scopes?: readonly string[];
  /** AnyWeb: which of the three generations of replies the code leads to. */
  readonly generation?: Generation;
  /** What the call needs (a code, a token) was issued to another client of the platform. */
  readonly foreign?: true;
  /** The code comes without a redirect (Huawei's native flow), so nothing is bound to it. */
  readonly native?: true;
  /** The call has been made once before, successfully. */
  readonly twice?: true;
  /** `introspect`, `revoke`: the token it is about; the user's access token when nothing is said. */
  readonly about?: TokenName;
  /** Once there, what the call needs has been got again: the tokens refreshed, another app token or ticket fetched. */
  readonly renewed?: true;
  /** Once there, this token has been revoked. */
  readonly revoked?: TokenName;
  /** Seconds that pass between what the call needs (a code, a token) and the call. */
  readonly wait?: number;
  /** When it all begins, instead of {@link now}. */
  readonly at?: string;
  /** Values that replace what the call would be made with. */
  readonly with?: Readonly<Record<string, string>>;
  /** Literal parameters of the contract's request that are written differently; null leaves one out. */
  readonly send?: Readonly<Record<string, string | null>>;
  /** What comes out is the request as it went out, and not what became of the answer. */
  readonly show?: 'request';
  /** `callback`: what is ticked on the consent page. */
  readonly consent?: Readonly<Record<string, string>>;
  /** `callback`: the query of the callback, as it stands in a document. */
  readonly query?: string;
}

/** The tokens that can be introspected or revoked. */
export type TokenName = 'accessToken' | 'refreshToken' | 'appToken' | 'ticket';

/** What comes out. Whatever is not named must not be there; a text may be a pattern. */
export type Expectation =
  | { readonly tokens: ExpectedTokens }
  | { readonly profile: ExpectedProfile }
  | { readonly identity: ExpectedIdentity }
  | { readonly introspection: ExpectedIntrospection }
  | { readonly revoked: true }
  | { readonly request: ExpectedRequest }
  | { readonly code: Text }
  | { readonly error: ExpectedError };

/** `{origin}` in a text stands for the emulator's origin. */
export type Text = string | RegExp;

export interface ExpectedTokens {
  readonly accessToken: Text;
  readonly tokenType?: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  readonly refreshToken?: Text;
  readonly refreshExpiresAt?: number;
  readonly idToken?: Text;
  readonly scope: readonly string[];
  readonly subject?: Text;
}

export interface ExpectedProfile {
  readonly subject?: Text;
  readonly displayName?: string;
  readonly avatarUrl?: string;
  /** The platform's own names for what it told. */
  readonly raw: readonly string[];
}

export interface ExpectedIdentity {
  readonly algorithm: string;
  readonly subject: Text;
  readonly displayName?: string;
  readonly avatarUrl?: string;
  /** False when the platform left the nonce out. */
  readonly nonceSeen: boolean;
}

/** What a platform says of a token. */
export interface ExpectedIntrospection {
  readonly active: boolean;
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
  readonly subject?: Text;
  readonly scope?: readonly string[];
}

/** A request, and how the platform answers it. */
export interface ExpectedRequest {
  readonly url: string;
  /** All of them: what is not named is not sent. */
  readonly params: Readonly<Record<string, Text>>;
  readonly status: number;
}

export interface ExpectedError {
  readonly errorClass: ErrorClass;
  readonly retryable: boolean;
  readonly platformCode?: string;
  readonly platformSubCode?: string;
  readonly retryAfterSeconds?: number;
}

/** Where every row's clock stands: two hours before the stamp in AnyWeb's document. */
export const now = Date.parse('2022-03-19T08:38:46Z');
export const hours = 3_600_000;
export const days = 24 * hours;

/** What the rows of a table say; the table adds provider and operation. */
export type Entry = Omit<Row, 'provider' | 'operation' | 'basis'> & { readonly basis?: Row['basis'] };

/** A platform's table: its rows by operation. */
export function table(
  provider: ProviderName,
  entries: Partial<Record<RowOperation, readonly Entry[]>>,
): readonly Row[] {
  return (Object.entries(entries) as [RowOperation, readonly Entry[]][]).flatMap(([operation, rows]) =>
    rows.map((row) => ({ basis: 'documented' as const, ...row, provider, operation })),
  );
}

/** Rows of one source in short: what, given, expect. */
export function rowsOf(
  source: string,
  rows: readonly (readonly [what: string, given: Given, expect: Expectation])[],
  basis: Row['basis'] = 'documented',
): readonly Entry[] {
  return rows.map(([what, given, expect]) => ({ what, source, basis, given, expect }));
}

/** The platform answers with this body; a string is sent as it is. */
export function answers(body: unknown, how: Omit<Fault, 'kind' | 'body'> = {}): Given {
  return { fault: { kind: 'json', body, ...how } };
}

/** A token reply, as the library reads it. */
export function tokens(expected: ExpectedTokens): Expectation {
  return { tokens: expected };
}

/** A profile, as the library reads it. */
export function profile(expected: ExpectedProfile): Expectation {
  return { profile: expected };
}

/** A living token, as the platform describes it. */
export function active(expected: Omit<ExpectedIntrospection, 'active'>): Expectation {
  return { introspection: { active: true, ...expected } };
}

/** A token that is not valid, which is an answer and no error. */
export const inactive: Expectation = { introspection: { active: false } };

/** A token that has come to its end, now or earlier. */
export const ended: Expectation = { revoked: true };

/** A request to `path`, with these parameters and no others, that the platform took. */
export function sends(path: string, params: ExpectedRequest['params']): Expectation {
  return { request: { url: `{origin}${path}`, params, status: 200 } };
}

/** An error that stays until somebody does something about it. */
export function refused(
  errorClass: ErrorClass,
  platformCode?: string | number,
  platformSubCode?: string | number,
): { readonly error: ExpectedError } {
  return { error: { errorClass, retryable: false, ...codes(platformCode, platformSubCode) } };
}

/** An error that may be gone the next time. */
export function tryLater(
  errorClass: 'transient' | 'throttled',
  platformCode?: string | number,
  platformSubCode?: string | number,
): { readonly error: ExpectedError } {
  return { error: { errorClass, retryable: true, ...codes(platformCode, platformSubCode) } };
}

function codes(
  code: string | number | undefined,
  subCode: string | number | undefined,
): Pick<ExpectedError, 'platformCode' | 'platformSubCode'> {
  return {
    ...(code === undefined ? {} : { platformCode: String(code) }),
    ...(subCode === undefined ? {} : { platformSubCode: String(subCode) }),
  };
}
