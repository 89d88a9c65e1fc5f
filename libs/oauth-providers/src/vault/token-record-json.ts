import { Secret } from '../core/secret.js';
import { type TokenSet } from '../core/token-set.js';
import { type RecordIdentity } from './record-identity.js';
import { SealError } from './seal-error.js';
import { type TokenRecord } from './token-record.js';

/**
 * The first form records were written in: `length of the head (4) | head | access | refresh | id_token`, with this head
 * as JSON. Nothing writes it any more, and what is stored in it is read until its next save.
 */
interface Head {
  p: string;
  c: string;
  k: RecordIdentity['kind'];
  y?: string;
  n?: string;
  s?: string;
  o?: string;
  tt?: string;
  b?: number;
  e: number;
  re?: number;
  sc: string[];
  /** Bytes of the access token, the refresh token and the id_token, in this order; 0 and up where there is one. */
  a: number;
  r?: number;
  i?: number;
  /** Present where the tokens are written as UTF-16, because one of them is not ASCII. */
  w?: 1;
}

const lengthBytes = 4;

/**
 * Reads a record with a head in JSON.
 *
 * @throws SealError `malformed` when it is none
 */
export function decodeJsonRecord(bytes: Buffer): TokenRecord {
  if (bytes.length < lengthBytes) throw new SealError('malformed');
  const start = lengthBytes + bytes.readUInt32BE();
  const head = parse(bytes.toString('utf8', lengthBytes, start));
  const record: Mutable<TokenRecord> = { identity: identityOf(head), tokens: tokensOf(head, bytes, start) };
  if (head.o !== undefined) record.owner = head.o;
  return record;
}

/** For filling in field by field: this runs at every read, and spreading parts together is slow. */
type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

function identityOf({ p: provider, c: clientId, k: kind, y, n, s: subject = '' }: Head): RecordIdentity {
  const identity: Mutable<RecordIdentity> =
    kind === 'user' ? { kind, provider, clientId, subject } : { kind, provider, clientId };
  if (y !== undefined) identity.type = y;
  if (n !== undefined) identity.tenant = n;
  return identity;
}

function tokensOf(head: Head, bytes: Buffer, start: number): TokenSet {
  const { a, r, i, tt, re, b } = head;
  const refreshAt = start + a;
  const idAt = refreshAt + (r ?? 0);
  const end = idAt + (i ?? 0);
  if (end > bytes.length) throw new SealError('malformed');
  const encoding = head.w === undefined ? 'latin1' : 'utf16le';
  const tokens: Mutable<TokenSet> = {
    accessToken: new Secret(bytes.toString(encoding, start, refreshAt)),
    expiresAt: head.e,
    scope: head.sc,
  };
  if (b !== undefined) tokens.issuedAt = b;
  if (tt !== undefined) tokens.tokenType = tt;
  if (r !== undefined) tokens.refreshToken = new Secret(bytes.toString(encoding, refreshAt, idAt));
  if (re !== undefined) tokens.refreshExpiresAt = re;
  if (i !== undefined) tokens.idToken = new Secret(bytes.toString(encoding, idAt, end));
  return tokens;
}

function parse(json: string): Head {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // The parser's own message quotes the text.
    throw new SealError('malformed');
  }
  if (!isHead(value)) throw new SealError('malformed');
  return value;
}

function isHead(value: unknown): value is Head {
  if (typeof value !== 'object' || value === null) return false;
  const { p, c, k, y, n, s, o, tt, e, re, sc, a, r, i } = value as Record<keyof Head, unknown>;
  return (
    isText(p) &&
    isText(c) &&
    (k === 'user' ? isText(s) : (k === 'app' || k === 'ticket') && s === undefined) &&
    isTextIfAny(y) &&
    isTextIfAny(n) &&
    isTextIfAny(o) &&
    isTextIfAny(tt) &&
    Number.isFinite(e) &&
    (re === undefined || Number.isFinite(re)) &&
    Array.isArray(sc) &&
    (sc.length === 0 || sc.every(isText)) &&
    isSize(a) &&
    (r === undefined || isSize(r)) &&
    (i === undefined || isSize(i))
  );
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isTextIfAny(value: unknown): boolean {
  return value === undefined || typeof value === 'string';
}

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
