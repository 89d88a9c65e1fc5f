import { Secret } from '../core/secret.js';
import { type TokenSet } from '../core/token-set.js';
import { type RecordIdentity } from './record-identity.js';
import { SealError } from './seal-error.js';
import { decodeJsonRecord } from './token-record-json.js';

/** What lies inside the seal: everything that must not be read, and everything that must not be mixed up. */
export interface TokenRecord {
  readonly identity: RecordIdentity;
  /** Whose it is in the application's own directory; absent for tokens of the client itself. */
  readonly owner?: string | undefined;
  readonly tokens: TokenSet;
}

/**
 * A record as bytes. Fields of fixed size come first, so that reading it takes a few reads of memory; parsing a text
 * takes as long as a third of the cipher. Numbers are big-endian, times are doubles, lengths count characters.
 *
 *   0  1 version (0: the form of token-record-json.ts)   1  1 kind   2  2 flags
 *   4  8 expires at   12  8 issued at   20  8 refresh token expires at
 *  28 7x4 lengths of provider, client id, subject, type, tenant, owner, token type
 *  56 3x4 lengths of access token, refresh token, id_token
 *  68  4 how many scopes   72 4 each: their lengths
 *  then these names and scopes, then the tokens; each of the two Latin-1 or, where one is not ASCII, UTF-16
 */
const version = 2;
const flagsAt = 2;
const timesAt = 4;
const namesAt = 28;
const tokensAt = 56;
const scopesAt = 68;
const headBytes = 72;

const kinds: readonly RecordIdentity['kind'][] = ['user', 'app', 'ticket'];

const flag = {
  ...{ type: 1, tenant: 2, owner: 4, tokenType: 8, issuedAt: 16, refreshExpiresAt: 32 },
  ...{ refreshToken: 64, idToken: 128, wideNames: 256, wideTokens: 512 },
} as const;
const allFlags = 1023;

/**
 * Writes a record as bytes to be sealed.
 *
 * @throws RangeError when an expiry is not a finite number
 */
export function encodeRecord({ identity, owner, tokens }: TokenRecord): Buffer {
  const { tokenType, issuedAt, expiresAt, refreshExpiresAt, scope } = tokens;
  if (!Number.isFinite(expiresAt) || !Number.isFinite(refreshExpiresAt ?? 0)) {
    throw new RangeError('The expiry of a token set must be a finite number of milliseconds.');
  }
  const { provider, clientId, kind, type, tenant, subject } = identity;
  const names = [provider, clientId, subject, type, tenant, owner, tokenType];
  const secrets = [tokens.accessToken, tokens.refreshToken, tokens.idToken].map((each) => each?.reveal());
  const nameText = [...names, ...scope].join('');
  const secretText = secrets.join('');
  const [nameEncoding, secretEncoding] = [encodingOf(nameText), encodingOf(secretText)];
  const head = Buffer.alloc(headBytes + 4 * scope.length);
  head[0] = version;
  head[1] = kinds.indexOf(kind);
  const flags =
    (type === undefined ? 0 : flag.type) |
    (tenant === undefined ? 0 : flag.tenant) |
    (owner === undefined ? 0 : flag.owner) |
    (tokenType === undefined ? 0 : flag.tokenType) |
    (Number.isFinite(issuedAt) ? flag.issuedAt : 0) |
    (refreshExpiresAt === undefined ? 0 : flag.refreshExpiresAt) |
    (tokens.refreshToken === undefined ? 0 : flag.refreshToken) |
    (tokens.idToken === undefined ? 0 : flag.idToken) |
    (nameEncoding === 'latin1' ? 0 : flag.wideNames) |
    (secretEncoding === 'latin1' ? 0 : flag.wideTokens);
  head.writeUInt16BE(flags, flagsAt);
  [expiresAt, issuedAt, refreshExpiresAt].forEach((time, index) => {
    head.writeDoubleBE(time ?? 0, timesAt + 8 * index);
  });
  [...names, ...secrets].forEach((text, index) => {
    head.writeUInt32BE(text?.length ?? 0, namesAt + 4 * index);
  });
  head.writeUInt32BE(scope.length, scopesAt);
  scope.forEach((text, index) => head.writeUInt32BE(text.length, headBytes + 4 * index));
  return Buffer.concat([head, Buffer.from(nameText, nameEncoding), Buffer.from(secretText, secretEncoding)]);
}

/**
 * Reads what {@link encodeRecord} wrote, now or in an earlier version.
 *
 * @throws SealError `malformed` when it is no record
 */
export function decodeRecord(bytes: Buffer): TokenRecord {
  if (bytes[0] === 0) return decodeJsonRecord(bytes);
  if (bytes[0] !== version || bytes.length < headBytes) throw new SealError('malformed');
  const kind = kinds[bytes[1] ?? kinds.length];
  const flags = bytes.readUInt16BE(flagsAt);
  const scopes = bytes.readUInt32BE(scopesAt);
  const textAt = headBytes + 4 * scopes;
  if (kind === undefined || flags > allFlags || bytes.length < textAt) throw new SealError('malformed');

  const [nameUnit, secretUnit] = [flags & flag.wideNames ? 2 : 1, flags & flag.wideTokens ? 2 : 1];
  let letters = 0;
  for (let at = namesAt; at < tokensAt; at += 4) letters += bytes.readUInt32BE(at);
  for (let at = headBytes; at < textAt; at += 4) letters += bytes.readUInt32BE(at);
  const accessAt = textAt + letters * nameUnit;
  const refreshAt = accessAt + bytes.readUInt32BE(tokensAt) * secretUnit;
  const idAt = refreshAt + bytes.readUInt32BE(tokensAt + 4) * secretUnit;
  const end = idAt + bytes.readUInt32BE(tokensAt + 8) * secretUnit;
  if (end !== bytes.length) throw new SealError('malformed');

  // All names in one piece: cutting a text costs less than reading another from bytes.
  const names = bytes.toString(nameUnit === 1 ? 'latin1' : 'utf16le', textAt, accessAt);
  let from = 0;
  const next = (lengthAt: number): string => {
    const start = from;
    from += bytes.readUInt32BE(lengthAt);
    return names.slice(start, from);
  };
  const provider = next(namesAt);
  const clientId = next(namesAt + 4);
  const subject = next(namesAt + 8);
  if (kind !== 'user' && subject !== '') throw new SealError('malformed');
  const identity: Mutable<RecordIdentity> =
    kind === 'user' ? { kind, provider, clientId, subject } : { kind, provider, clientId };
  const [type, tenant] = [next(namesAt + 12), next(namesAt + 16)];
  if (flags & flag.type) identity.type = type;
  if (flags & flag.tenant) identity.tenant = tenant;
  const [owner, tokenType] = [next(namesAt + 20), next(namesAt + 24)];
  const scope: string[] = [];
  for (let at = headBytes; at < textAt; at += 4) scope.push(next(at));

  const encoding = secretUnit === 1 ? 'latin1' : 'utf16le';
  const tokens: Mutable<TokenSet> = {
    accessToken: new Secret(bytes.toString(encoding, accessAt, refreshAt)),
    expiresAt: timeAt(bytes, timesAt),
    scope,
  };
  if (flags & flag.issuedAt) tokens.issuedAt = timeAt(bytes, timesAt + 8);
  if (flags & flag.tokenType) tokens.tokenType = tokenType;
  if (flags & flag.refreshToken) tokens.refreshToken = new Secret(bytes.toString(encoding, refreshAt, idAt));
  if (flags & flag.refreshExpiresAt) tokens.refreshExpiresAt = timeAt(bytes, timesAt + 16);
  if (flags & flag.idToken) tokens.idToken = new Secret(bytes.toString(encoding, idAt, end));
  return flags & flag.owner ? { identity, owner, tokens } : { identity, tokens };
}

/** For filling in field by field: this runs at every read, and spreading parts together is slow. */
type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

function timeAt(bytes: Buffer, at: number): number {
  const time = bytes.readDoubleBE(at);
  if (!Number.isFinite(time)) throw new SealError('malformed');
  return time;
}

function encodingOf(text: string): 'latin1' | 'utf16le' {
  return Buffer.byteLength(text, 'utf8') === text.length ? 'latin1' : 'utf16le';
}
