import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { exportJWK, type JWK, SignJWT } from 'jose';

/** A key of a platform, with what its key set says of it. */
export interface PlatformKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** The entry of the key set. Like Huawei's, an RSA key claims RS256 whatever it signs. */
  readonly jwk: JWK;
}

/** Makes a key. RSA keys are slow to make, so make one per file. */
export async function platformKey(kid: string, type: 'rsa' | 'ec' | 'ed25519' = 'rsa'): Promise<PlatformKey> {
  const { privateKey, publicKey } =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : type === 'ec'
        ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
        : generateKeyPairSync('ed25519');
  const alg = { rsa: 'RS256', ec: 'ES256', ed25519: 'EdDSA' }[type];
  return { kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig', alg } };
}

/** Signs claims as the platform would. */
export function sign(
  key: PlatformKey,
  claims: Readonly<Record<string, unknown>>,
  header: { readonly alg?: string; readonly kid?: string | undefined } = {},
): Promise<string> {
  const { alg = 'RS256' } = header;
  const kid = 'kid' in header ? header.kid : key.kid;
  return new SignJWT({ ...claims })
    .setProtectedHeader({ alg, typ: 'JWT', ...(kid === undefined ? {} : { kid }) })
    .sign(key.privateKey);
}

/** `at_hash` (OpenID Connect Core §3.1.3.6): the left half of the hash of the access token. */
export function atHash(accessToken: string, hash: 'sha256' | 'sha384' | 'sha512' = 'sha256'): string {
  const digest = createHash(hash).update(accessToken).digest();
  return digest.subarray(0, digest.length / 2).toString('base64url');
}
