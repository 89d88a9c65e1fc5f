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
  return {
    identity: identityOf(payload),
    ...(payload.o !== undefined && { owner: payload.o }),
    tokens: {
      accessToken: new Secret(payload.a),
      ...(payload.tt !== undefined && { tokenType: payload.tt }),
      expiresAt: payload.e,
      ...(payload.r !== undefined && { refreshToken: new Secret(payload.r) }),
      ...(payload.re !== undefined && { refreshExpiresAt: payload.re }),
      ...(payload.i !== undefined && { idToken: new Secret(payload.i) }),
      scope: payload.sc,
    },
  };
}

function identityOf({
  p: provider,
  c: clientId,
  k: kind,
  y: type,
  n: tenant,
  s: subject,
}: Payload): RecordIdentity {
  const common = {
    provider,
    clientId,
    ...(type !== undefined && { type }),
    ...(tenant !== undefined && { tenant }),
  };
  if (kind !== 'user') return { ...common, kind };
  if (subject === undefined) throw new SealError('malformed');
  return { ...common, kind, subject };
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
  const texts = ['p', 'c', 'a'].every((name) => typeof fields[name] === 'string');
  const optional = ['y', 'n', 's', 'o', 'tt', 'r', 'i'].every((name) =>
    ['string', 'undefined'].includes(typeof fields[name]),
  );
  const times = typeof fields['e'] === 'number' && ['number', 'undefined'].includes(typeof fields['re']);
  const kind = fields['k'] === 'user' || fields['k'] === 'app' || fields['k'] === 'ticket';
  const scope = Array.isArray(fields['sc']) && fields['sc'].every((item) => typeof item === 'string');
  return texts && optional && times && kind && scope;
}
