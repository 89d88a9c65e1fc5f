import { createHash, timingSafeEqual } from 'node:crypto';
import { type errors as JoseErrors, type JWTPayload } from 'jose';
import { type IdTokenRules } from '../core/contract.js';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthProviderError } from '../core/errors.js';
import { type Clock } from '../core/ports.js';
import { type Secret } from '../core/secret.js';
import { subjectOf, webUrl } from './fields.js';
import { jose } from './jose.js';
import { type JwksCache } from './jwks.js';

/** Seconds by which the platform's clock may differ from ours. */
const clockTolerance = 60;

/** What an id_token has to agree with. */
export interface IdTokenExpectation {
  readonly accessToken: Secret;
  /** The nonce of the login attempt. */
  readonly nonce?: string;
}

/** A verified id_token. */
export interface IdTokenClaims {
  readonly subject: string;
  readonly displayName?: string;
  readonly avatarUrl?: string;
  /** False when the platform left the nonce out, which only `nonce: 'if-present'` lets pass. */
  readonly nonceSeen: boolean;
  readonly claims: Readonly<Record<string, unknown>>;
}

/**
 * Verifies id_tokens (OpenID Connect Core §3.1.3.7): signature by an allowed algorithm and a key of the
 * platform, issuer, audience, authorized party, times, nonce and access token hash.
 */
export class IdTokenVerifier {
  constructor(
    private readonly jwks: JwksCache,
    private readonly clock: Clock,
  ) {}

  /** @throws OAuthProviderError `invalid_token` when anything about the id_token is wrong */
  async verify(
    provider: ConfiguredProvider,
    rules: IdTokenRules,
    idToken: Secret,
    expected: IdTokenExpectation,
  ): Promise<IdTokenClaims> {
    const { decodeProtectedHeader, errors, jwtVerify } = await jose();
    const alg = allowedAlgorithm(provider, rules, () => decodeProtectedHeader(idToken.reveal()).alg);
    const { payload } = await jwtVerify(
      idToken.reveal(),
      (header) => this.jwks.key(provider, rules, { alg, kid: header.kid }),
      {
        algorithms: [...rules.algorithms],
        issuer: rules.issuer,
        audience: provider.clientId,
        requiredClaims: ['sub', 'exp', 'iat'],
        currentDate: new Date(this.clock.now()),
        clockTolerance,
      },
    ).catch((error: unknown) => {
      throw error instanceof OAuthProviderError ? error : refuse(provider, reasonOf(errors, error));
    });
    this.checkTimes(provider, payload);
    checkAudience(provider, payload);
    checkHash(provider, payload, alg, expected.accessToken);
    const nonceSeen = checkNonce(provider, rules, payload, expected.nonce);
    const subject = subjectOf(typeof payload.sub === 'string' ? payload.sub : undefined);
    if (subject === undefined || subject === '') throw refuse(provider, 'its subject is unusable');
    const text = (names: readonly string[] | undefined): string | undefined =>
      names
        ?.map((name) => payload[name])
        .find((value): value is string => typeof value === 'string' && value !== '');
    const displayName = text(rules.displayName);
    const avatarUrl = webUrl(text(rules.avatarUrl));
    return {
      subject,
      ...(displayName === undefined ? {} : { displayName }),
      ...(avatarUrl === undefined ? {} : { avatarUrl }),
      nonceSeen,
      claims: payload,
    };
  }

  private checkTimes(provider: ConfiguredProvider, payload: JWTPayload): void {
    if ((payload.iat ?? 0) > this.clock.now() / 1000 + clockTolerance) {
      throw refuse(provider, 'it was issued in the future');
    }
  }
}

/** The algorithm of the header, checked against the allow-list before any key is looked up. */
function allowedAlgorithm(
  provider: ConfiguredProvider,
  rules: IdTokenRules,
  read: () => string | undefined,
): string {
  let alg: string | undefined;
  try {
    alg = read();
  } catch {
    throw refuse(provider, 'it is not a signed JWT');
  }
  if (alg === undefined || !rules.algorithms.includes(alg)) {
    throw refuse(provider, 'it is signed with an algorithm that is not allowed');
  }
  return alg;
}

function checkAudience(provider: ConfiguredProvider, payload: JWTPayload): void {
  const several = Array.isArray(payload.aud) && payload.aud.length > 1;
  if (payload['azp'] === undefined ? several : payload['azp'] !== provider.clientId) {
    throw refuse(provider, 'it was issued to another party (azp)');
  }
}

function checkHash(
  provider: ConfiguredProvider,
  payload: JWTPayload,
  alg: string,
  accessToken: Secret,
): void {
  const claimed = payload['at_hash'];
  if (claimed === undefined) return;
  // EdDSA stands for Ed25519 here, which hashes with SHA-512.
  const hash = createHash(`sha${alg === 'EdDSA' ? '512' : alg.slice(2)}`)
    .update(accessToken.reveal(), 'ascii')
    .digest();
  if (
    typeof claimed !== 'string' ||
    !sameText(claimed, hash.subarray(0, hash.length / 2).toString('base64url'))
  ) {
    throw refuse(provider, 'it does not belong to the access token (at_hash)');
  }
}

function checkNonce(
  provider: ConfiguredProvider,
  rules: IdTokenRules,
  payload: JWTPayload,
  expected: string | undefined,
): boolean {
  const claimed = payload['nonce'];
  if (claimed === undefined && rules.nonce === 'if-present') return false;
  if (expected === undefined && claimed === undefined) return false;
  if (typeof claimed !== 'string' || expected === undefined || !sameText(claimed, expected)) {
    throw refuse(provider, 'its nonce is not the one of this login attempt');
  }
  return true;
}

function sameText(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function reasonOf(errors: typeof JoseErrors, error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'it has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `its claim ${error.claim} is not as expected`;
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong';
  return 'it is not a valid signed JWT';
}

function refuse(provider: ConfiguredProvider, reason: string): OAuthProviderError {
  return new OAuthProviderError({
    provider: provider.name,
    operation: 'idToken',
    errorClass: 'invalid_token',
    reason: `the id_token is refused: ${reason}`,
  });
}
