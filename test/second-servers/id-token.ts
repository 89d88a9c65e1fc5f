import { constants, createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/** A pair of keys under the id by which the published set knows it. */
export interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** Header and claims of a token, before it is signed. */
export interface Unsigned {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A fresh RSA key. Key ids are hexadecimal. */
export function newKey(): SigningKey {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = createHash('sha256')
    .update(pair.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
  return { kid, ...pair };
}

/** The published half. It always says RS256, whatever the key signs. */
export function published({ kid, publicKey }: SigningKey): Record<string, unknown> {
  return { ...publicKey.export({ format: 'jwk' }), use: 'sig', kid, alg: 'RS256' };
}

/** Signs as the header's `alg` says; `none` leaves the signature empty, and HS256 uses the public key's PEM. */
export function signed({ header, claims }: Unsigned, key: SigningKey): string {
  const input = `${encoded(header)}.${encoded(claims)}`;
  return `${input}.${signatureOf(input, header['alg'], key).toString('base64url')}`;
}

/** OpenID Connect Core §3.1.3.6. */
export function atHash(accessToken: string): string {
  return createHash('sha256').update(accessToken, 'ascii').digest().subarray(0, 16).toString('base64url');
}

function signatureOf(input: string, algorithm: unknown, { privateKey, publicKey }: SigningKey): Buffer {
  const data = Buffer.from(input);
  switch (algorithm) {
    case 'RS256':
      return sign('sha256', data, privateKey);
    case 'PS256':
      return sign('sha256', data, {
        key: privateKey,
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      });
    case 'HS256':
      return createHmac('sha256', publicKey.export({ type: 'spki', format: 'pem' }))
        .update(data)
        .digest();
    default:
      return Buffer.alloc(0);
  }
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
