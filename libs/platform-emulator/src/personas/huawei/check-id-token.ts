import { createPublicKey } from 'node:crypto';
import { type Request } from 'express';
import { compactVerify, type JWK } from 'jose';
import { type HuaweiFailure, refuse } from './errors.js';
import { issuer } from './id-token.js';
import { type SigningKeys } from './signing-keys.js';
import { type World } from '../../core/persona.js';
import { formOf, given } from '../../http/body.js';
import { jsonReply, type Reply } from '../../http/reply.js';

type Claims = Readonly<Record<string, unknown>>;

/**
 * `POST /oauth2/v3/tokeninfo`: checks an id_token, for debugging only, and answers its header and payload as one.
 *
 * @see "verify-id-token" of Huawei's Account Kit REST reference
 */
export async function answerTokenInfo(world: World, keys: SigningKeys, request: Request): Promise<Reply> {
  const text = given(formOf(request), 'id_token');
  if (!text) return refuse('idTokenMissing');
  if (!/^[\w.-]+$/.test(text)) return refuse('idTokenMalformed');
  const checked = await checkIdToken(text, await keys.published(), world.clock.seconds());
  if ('failure' in checked) return refuse(checked.failure);
  world.counters.add('huawei', 'introspections');
  return jsonReply(200, checked.claims);
}

/** The claims of an id_token that is what it should be, or what is wrong with it first. */
export async function checkIdToken(
  text: string,
  published: readonly JWK[],
  now: number,
): Promise<{ claims: Claims } | { failure: HuaweiFailure }> {
  const parts = text.split('.');
  if (parts.length !== 3) return { failure: 'idTokenUnreadable' };
  const header = objectOf(parts[0]);
  if (!header) return { failure: 'idTokenHeader' };
  const payload = objectOf(parts[1]);
  if (!payload) return { failure: 'idTokenPayload' };
  if (!parts[2]) return { failure: 'idTokenSignature' };
  const jwk = published.find((key) => key.kid === header['kid']);
  if (!jwk) return { failure: 'idTokenKeyUnknown' };
  if (!(await isSigned(text, jwk))) return { failure: 'idTokenUnverified' };
  if (payload['iss'] !== issuer) return { failure: 'idTokenIssuer' };
  if (!(Number(payload['exp']) > now)) return { failure: 'idTokenExpired' };
  return { claims: { ...payload, ...header } };
}

/** The key is taken without its `alg`, which says RS256 for tokens signed with PS256 too. */
async function isSigned(text: string, { n = '', e = '' }: JWK): Promise<boolean> {
  const key = createPublicKey({ key: { kty: 'RSA', n, e }, format: 'jwk' });
  return compactVerify(text, key, { algorithms: ['RS256', 'PS256'] }).then(
    () => true,
    () => false,
  );
}

function objectOf(part: string | undefined): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
