import { Secret } from '../core/secret.js';
import { type TokenSet } from '../core/token-set.js';
import { type RecordIdentity } from './record-identity.js';
import { SealError } from './seal-error.js';

/** What lies inside the seal: everything that must not be read, and everything that must not be mixed up. */
export interface TokenRecord {
  readonly identity: RecordIdentity;
  /** Whose it is in the application's own directory; absent for tokens of the client itself. */
  readonly owner?: string | undefined;
  readonly tokens: TokenSet;
}

/** Short names, because a record is written at every renewal. Unknown names are left for later versions. */
interface Payload {
  p: string;
  c: string;
  k: RecordIdentity['kind'];
  y?: string;
  n?: string;
  s?: string;
  o?: string;
  a: string;
  tt?: string;
  e: number;
  r?: string;
  re?: number;
  i?: string;
  sc: string[];
}

/**
 * Writes a record as bytes to be sealed.
 *
 * @throws RangeError when an expiry is not a finite number
 */
export function encodeRecord({ identity, owner, tokens }: TokenRecord): Buffer {
  if (!Number.isFinite(tokens.expiresAt) || !Number.isFinite(tokens.refreshExpiresAt ?? 0)) {
    throw new RangeError('The expiry of a token set must be a finite number of milliseconds.');
  }
  // JSON.stringify leaves out what is undefined.
  return Buffer.from(
    JSON.stringify({
      p: identity.provider,
      c: identity.clientId,
      k: identity.kind,
      y: identity.type,
      n: identity.tenant,
      s: identity.subject,
      o: owner,
      a: tokens.accessToken.reveal(),
      tt: tokens.tokenType,
      e: tokens.expiresAt,
      r: tokens.refreshToken?.reveal(),
      re: tokens.refreshExpiresAt,
      i: tokens.idToken?.reveal(),
      sc: tokens.scope,
    }),
    'utf8',
  );
}

/**
 * Reads what {@link encodeRecord} wrote.
 *
 * @throws SealError `malformed` when it is no record
 */
export function decodeRecord(bytes: Buffer): TokenRecord {
  const payload = parse(bytes);
  const record: Mutable<TokenRecord> = { identity: identityOf(payload), tokens: tokensOf(payload) };
  if (payload.o !== undefined) record.owner = payload.o;
  return record;
}

/** Filled in field by field: this runs at every read, and spreading parts together takes longer than opening them. */
type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

function identityOf({ p: provider, c: clientId, k: kind, y, n, s: subject = '' }: Payload): RecordIdentity {
  const identity: Mutable<RecordIdentity> =
    kind === 'user' ? { kind, provider, clientId, subject } : { kind, provider, clientId };
  if (y !== undefined) identity.type = y;
  if (n !== undefined) identity.tenant = n;
  return identity;
}

function tokensOf(payload: Payload): TokenSet {
  const tokens: Mutable<TokenSet> = {
    accessToken: new Secret(payload.a),
    expiresAt: payload.e,
    scope: payload.sc,
  };
  if (payload.tt !== undefined) tokens.tokenType = payload.tt;
  if (payload.r !== undefined) tokens.refreshToken = new Secret(payload.r);
  if (payload.re !== undefined) tokens.refreshExpiresAt = payload.re;
  if (payload.i !== undefined) tokens.idToken = new Secret(payload.i);
  return tokens;
}

function parse(bytes: Buffer): Payload {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    // The parser's own message quotes the text, and the text holds tokens.
    throw new SealError('malformed');
  }
  if (!isPayload(value)) throw new SealError('malformed');
  return value;
}

function isPayload(value: unknown): value is Payload {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  const needed = isText(fields['p']) && isText(fields['c']) && isText(fields['a']) && isNumber(fields['e']);
  const optional =
    isAbsentOr(
      isText,
      fields['y'],
      fields['n'],
      fields['s'],
      fields['o'],
      fields['tt'],
      fields['r'],
      fields['i'],
    ) && isAbsentOr(isNumber, fields['re']);
  const kind =
    fields['k'] === 'user' ? isText(fields['s']) : fields['k'] === 'app' || fields['k'] === 'ticket';
  const scope = Array.isArray(fields['sc']) && fields['sc'].every(isText);
  return needed && optional && kind && scope;
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number';
}

function isAbsentOr(is: (value: unknown) => boolean, ...values: readonly unknown[]): boolean {
  return values.every((value) => value === undefined || is(value));
}
