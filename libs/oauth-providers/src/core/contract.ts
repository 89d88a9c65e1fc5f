import { type ErrorClass } from './errors.js';

/**
 * The provider contract: everything there is to know about a platform's protocol, as data. One engine
 * (`wire/`) speaks every contract; if a platform needs an `if` there, this vocabulary is missing a word.
 */
export interface ProviderContract {
  /** Name of the provider in routes, guards and records: `AuthGuard('huawei')`. Lower-case letters, digits, `-`. */
  readonly name: string;
  /** The platform's name for people. */
  readonly title: { readonly en: string; readonly zh: string };
  /** What the platform calls client id and secret; the provider's options are named so. `secret: null` = public client. */
  readonly credentials: { readonly id: string; readonly secret: string | null };
  /** Scopes asked for when the application names none. */
  readonly defaultScope: readonly string[];
  readonly login: RedirectLogin | HandoffLogin;
  readonly operations: Operations;
  /** Where the subject of a login comes from. The others, when they name one, must agree. */
  readonly subjectFrom: 'idToken' | 'tokens' | 'identity' | 'profile';
  readonly idToken?: IdTokenRules;
  readonly renewal?: RenewalRules;
  readonly quotas?: readonly Quota[];
  readonly pageSignature?: PageSignature;
}

/** The browser is redirected to the platform and comes back with an authorization code (RFC 6749 §4.1). */
export interface RedirectLogin {
  readonly kind: 'redirect';
  /** Absolute URL of the authorization endpoint. */
  readonly authorizationUrl: string;
  /** Parameters of the authorization request, in the order in which they are sent. */
  readonly params: Readonly<Record<string, Param>>;
  /** Text after the query that the platform insists on, such as `#wechat_redirect`. */
  readonly suffix?: string;
  readonly scopeSeparator: string;
  readonly pkce: 'S256' | 'none';
  /** `form_post`: the answer arrives as a form posted by the browser from the platform's page. */
  readonly responseMode: 'query' | 'form_post';
  readonly callback: CallbackRules;
  /** Life of an authorization code in seconds. */
  readonly codeLifetime: number;
}

/** How the parameters of a callback are read. */
export interface CallbackRules {
  /** Names the code may have, the first present wins. */
  readonly code: readonly string[];
  /** Platforms whose codes contain `+` get them back as blanks from careless encoders; their alphabet has no blank. */
  readonly repairCode?: 'space-to-plus';
  readonly error: ErrorFields;
  readonly errors: readonly ErrorRule[];
  /** RFC 9207: the expected `iss`. `required` refuses a callback without one. */
  readonly issuer?: { readonly value: string; readonly presence: 'if-present' | 'required' };
}

/**
 * The front end gets the code from the platform's own script and hands it in: no authorization URL, no
 * redirect, no state of the platform's. The attempt's own state binds the code to the browser.
 */
export interface HandoffLogin {
  readonly kind: 'handoff';
  /** The named piece of browser script that talks to the platform's SDK. */
  readonly bridge: 'anyweb' | 'yuanzhibang' | 'generic';
  /** What the bridge hands to the SDK besides the client id and the scopes. */
  readonly bridgeParams?: Readonly<Record<string, unknown>>;
  /** Origins whose pages the platform's own SDK puts into frames, for an SDK that is served by ourselves. */
  readonly frames?: readonly string[];
  readonly scopeSeparator: string;
  /** Life of an authorization code in seconds; `null` where it is not documented. */
  readonly codeLifetime: number | null;
}

/** The calls a platform offers. All but the exchange are optional. */
export interface Operations {
  readonly exchange: Operation<TokenFields>;
  readonly refresh?: Operation<TokenFields>;
  readonly appToken?: Operation<TokenFields>;
  readonly ticket?: Operation<TokenFields>;
  /** Who the token belongs to, where the token reply does not say and the profile has to be told (QQ's `/me`). */
  readonly identity?: Operation<ProfileFields>;
  readonly profile?: Operation<ProfileFields>;
  /** Renews the refresh token itself, where the platform has a call of its own for that. */
  readonly renewRefreshToken?: Operation<TokenFields>;
  readonly introspect?: Operation<IntrospectionFields>;
  readonly revoke?: Operation<NoFields>;
}

/** The name of an operation. */
export type OperationName = keyof Operations;

/** One call: what is sent, how the answer is read, what a refusal means. */
export interface Operation<Fields> {
  readonly request: RequestSpec;
  readonly reply: ReplySpec<Fields>;
  /** First match wins. What matches nothing is judged by the HTTP status, and else is `unknown`. */
  readonly errors: readonly ErrorRule[];
}

/** How a request is written. An input named in it that is itself a token (`appToken`) is a prerequisite. */
export interface RequestSpec {
  readonly method: 'GET' | 'POST';
  /** Absolute https URL; a fixed query is part of it. */
  readonly url: string;
  readonly encoding: 'query' | 'form' | 'json' | 'multipart';
  readonly params: Readonly<Record<string, Param>>;
  /** Parameters that go into the query although the encoding is another. */
  readonly query?: Readonly<Record<string, Param>>;
  readonly headers?: Readonly<Record<string, Param>>;
  /** The token sent as `Authorization: Bearer` (RFC 6750 §2.1). */
  readonly bearer?: 'accessToken' | 'appToken';
  /** Named signers, applied in order to the finished request. */
  readonly sign?: readonly SignerName[];
}

/** Entries of the signer registry: ways to prove who sends a request (RFC 6749 §2.3, RFC 7523 §2.2). */
export type SignerName = 'client_secret_basic' | 'private_key_jwt' | 'alipay_rsa2';

/** A parameter: a literal, or a value the engine has at hand. */
export type Param = string | number | boolean | readonly string[] | InputParam;

/** A value the engine fills in. */
export interface InputParam {
  readonly input: InputName;
  /** Left out when there is no such value; else its absence is an error. */
  readonly optional?: true;
}

/** The values a request can ask for. */
export type InputName =
  | 'clientId'
  | 'clientSecret'
  | 'redirectUri'
  | 'scope'
  | 'state'
  | 'nonce'
  | 'codeChallenge'
  | 'codeChallengeMethod'
  | 'code'
  | 'codeVerifier'
  | 'accessToken'
  | 'refreshToken'
  | 'appToken'
  | 'ticket'
  | 'token'
  | 'tokenType'
  | 'subject'
  | 'tenant';

/** How an answer is read. The content type of a reply is never believed; the bytes are. */
export interface ReplySpec<Fields> {
  readonly decode: DecoderName;
  /** What makes an answer a success. Anything else is a refusal, whatever its HTTP status. */
  readonly success: Condition;
  /** What makes an answer mean "nothing of the kind exists", which is a success without fields. */
  readonly nothing?: Condition;
  /** Where the fields lie, from the root; default: the root itself. */
  readonly payload?: Path;
  readonly fields: Fields;
  readonly error: ErrorFields;
}

/**
 * Entries of the decoder registry: JSON whatever the content type says, a form, or JSON wrapped into a call
 * (`callback( {...} );`).
 */
export type DecoderName = 'json' | 'urlencoded' | 'jsonp';

/** A dotted path into an answer: `data.access_token`. The empty path is the root. `header:NSP_STATUS` reads a header. */
export type Path = string;

/** A predicate over a decoded answer. Values are compared as strings: platforms mix 2000 and "2000". */
export type Condition =
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] }
  | { readonly present: Path }
  | { readonly absent: Path }
  | { readonly equals: readonly [Path, string | number] }
  | { readonly ok: true };

/** Where a refusal says why. The first path with a value wins. */
export interface ErrorFields {
  readonly code?: readonly Path[];
  readonly subCode?: readonly Path[];
  readonly message?: readonly Path[];
}

/** Gives a refusal its class. All named parts must match. */
export interface ErrorRule {
  /** The platform's code(s), compared as strings; a trailing `*` matches any ending. */
  readonly code?: string | readonly string[];
  readonly subCode?: string | readonly string[];
  /** HTTP status(es). */
  readonly status?: number | readonly number[];
  readonly message?: RegExp;
  readonly class: ErrorClass;
}

/**
 * How a time is written: seconds from now · seconds since the epoch · milliseconds since the epoch ·
 * `seconds-or-stamp`: the platform used one name for both over the years; a value above 10⁹ is a stamp.
 * Numbers may arrive as numeric strings.
 */
export type TimeUnit = 'seconds' | 'stamp' | 'stamp-ms' | 'seconds-or-stamp';

/** One place a time may stand in. */
export interface TimeField {
  readonly path: Path;
  readonly unit: TimeUnit;
}

/** A list of scopes: an array, or text cut at the separator. */
export interface ScopeField {
  readonly path: Path;
  readonly separator: string;
}

/** The token reply. Paths start at the payload; of several the first with a value wins. */
export interface TokenFields {
  readonly accessToken: readonly Path[];
  readonly tokenType?: readonly Path[];
  readonly expires: readonly TimeField[];
  /** Seconds an access token lives when the platform does not say, or says nonsense. */
  readonly defaultLifetime: number;
  readonly refreshToken?: readonly Path[];
  readonly refreshExpires?: readonly TimeField[];
  readonly idToken?: readonly Path[];
  readonly scope?: ScopeField;
  readonly subject?: readonly Path[];
}

/** The profile reply. */
export interface ProfileFields {
  readonly subject?: readonly Path[];
  readonly displayName?: readonly Path[];
  readonly avatarUrl?: readonly Path[];
}

/** The introspection reply. An answer that meets the reply's `nothing` says that the token is not valid. */
export interface IntrospectionFields {
  readonly expires?: readonly TimeField[];
  readonly subject?: readonly Path[];
  /** Whose token it is: another client's counts as not valid. */
  readonly clientId?: readonly Path[];
  readonly scope?: ScopeField;
}

/** How a page is signed for a platform's JavaScript (`sha1` over `name=value` pairs in a fixed order). */
export interface PageSignature {
  /** Type of the ticket, as the ticket operation sends it. */
  readonly ticketType: string;
  /** The pairs that are hashed, in order: the name in the text and what stands for it. */
  readonly pairs: readonly (readonly [string, 'ticket' | 'nonce' | 'timestamp' | 'url'])[];
  /** Parts of the page's URL that are left out of what is signed. */
  readonly drop: readonly ('query' | 'fragment' | 'trailing-slash')[];
  /** What the page gets, under the platform's names. */
  readonly output: Readonly<Record<string, 'clientId' | 'timestamp' | 'nonce' | 'signature' | 'url'>>;
}

/** A reply that only says whether it worked. */
export type NoFields = Readonly<Record<string, never>>;

/** What a refresh does to the tokens, and what to do when its answer is lost. */
export interface RenewalRules {
  /**
   * `none` there is no refresh · `keep` the refresh token stays · `rotate` a new one comes and the old one
   * dies · `rotate-or-keep` sometimes · `extend-same` the same access token lives longer ·
   * `separate-renew` the refresh token stays and has a call of its own to be renewed.
   */
  readonly policy: 'none' | 'keep' | 'rotate' | 'rotate-or-keep' | 'extend-same' | 'separate-renew';
  /** After an answer that got lost. @defaultValue `retry` for keep, else `retry-late` */
  readonly lostReply?: 'retry' | 'retry-late' | 'never';
  /** How often the refresh token can be renewed (Douyin: five times). */
  readonly maxRenewals?: number;
  /** Seconds for which the platform goes on taking the old access token after a renewal. */
  readonly overlap?: number;
}

/** How often a platform lets itself be asked. */
export interface Quota {
  /** The operations that draw on it together. */
  readonly operations: readonly OperationName[];
  readonly limit: number;
  /** A calendar day in the platform's time zone, or a sliding number of seconds. */
  readonly window: { readonly dayIn: string } | { readonly seconds: number };
}

/** How an id_token is verified (OpenID Connect Core §3.1.3.7). */
export interface IdTokenRules {
  /** The exact `iss`; it need not share a host with any endpoint, and a base URL never moves it. */
  readonly issuer: string;
  readonly jwksUrl: string;
  /** Signature algorithms allowed. The `alg` of a key in the JWKS is not believed. */
  readonly algorithms: readonly string[];
  /** `required`: an id_token without our nonce is refused; `if-present`: a wrong one is, an absent one is counted. */
  readonly nonce: 'required' | 'if-present';
  /** The scope that makes the platform send an id_token; with it granted, its absence is a failure. */
  readonly scope: string;
  /** Seconds a fetched key set may be used. */
  readonly jwksMaxAge: number;
  readonly displayName?: readonly Path[];
  readonly avatarUrl?: readonly Path[];
}

/** Says that a parameter is filled in by the engine. */
export function input(name: InputName): InputParam {
  return { input: name };
}

/** Like {@link input}; the parameter is left out when there is no such value. */
export function optionalInput(name: InputName): InputParam {
  return { input: name, optional: true };
}
