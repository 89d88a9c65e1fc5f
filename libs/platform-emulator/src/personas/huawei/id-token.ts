import { createHash } from 'node:crypto';
import { SignJWT } from 'jose';
import { hasProfile, identityOf } from './identity.js';
import { type SigningKeys } from './signing-keys.js';
import { type EmulatorClock } from '../../core/clock.js';
import { type DemoUser } from '../../core/users.js';

/** Always this issuer, wherever the endpoints are. */
export const issuer = 'https://accounts.huawei.com';

/** What goes into an id_token. */
export interface IdTokenRequest {
  readonly user: DemoUser;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly accessToken: string;
  readonly nonce?: string | undefined;
  readonly picture: string | undefined;
  readonly algorithm: 'RS256' | 'PS256';
}

const lifetime = 3600;

/**
 * Signs an id_token.
 *
 * @see "verify-id-token" of Huawei's Account Kit REST reference for the claims
 */
export async function signIdToken(
  keys: SigningKeys,
  clock: EmulatorClock,
  request: IdTokenRequest,
): Promise<string> {
  const { user, clientId, scopes, accessToken, nonce, picture, algorithm } = request;
  const { keyId, privateKey } = await keys.today();
  const issuedAt = clock.seconds();
  const { openID, unionID } = identityOf(user, clientId);
  const profile = { picture, display_name: user.name, nickname: user.name };
  const claims = {
    at_hash: leftHalfHash(accessToken),
    azp: clientId,
    openid: openID,
    nonce,
    ...(hasProfile(scopes) && profile),
    ...(scopes.includes('email') && { email: user.email, email_verified: true }),
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: algorithm, kid: keyId, typ: 'JWT' })
    .setIssuer(issuer)
    .setSubject(unionID)
    .setAudience(clientId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetime)
    .sign(privateKey);
}

/** OpenID Connect Core 3.1.3.6: the left half of the hash the algorithm uses. */
function leftHalfHash(text: string): string {
  return createHash('sha256').update(text, 'ascii').digest().subarray(0, 16).toString('base64url');
}
