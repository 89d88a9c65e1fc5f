import { createSign } from 'node:crypto';
import { type SignerName } from '../core/contract.js';
import { type SigningKey, type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthConfigurationError } from '../core/errors.js';
import { type Clock, type HttpRequest, type Randomness } from '../core/ports.js';
import { Secret } from '../core/secret.js';
import { formEncode } from './form-encode.js';
import { jose } from './jose.js';

/** Time and randomness, for signatures that carry them. */
export interface SigningSeams {
  readonly clock: Clock;
  readonly randomness: Randomness;
}

/** Changes a finished request so that the platform can tell who sent it. */
export type Signer = (
  request: HttpRequest,
  provider: ConfiguredProvider,
  seams: SigningSeams,
) => HttpRequest | Promise<HttpRequest>;

/** Seconds an assertion may be used; servers accept a minute without complaint about clocks. */
const assertionLifetime = 60;

/** The registry of signers that contracts name. */
const signers: Readonly<Record<SignerName, Signer>> = {
  client_secret_basic: (request, provider) => {
    const authorization = basicOf(provider).reveal();
    return { ...request, headers: { ...request.headers, authorization } };
  },
  private_key_jwt: async (request, provider, { clock, randomness }) => {
    const { clientId } = provider;
    const signingKey = keyOf(provider, 'private_key_jwt');
    const { importPKCS8, SignJWT } = await jose();
    const now = Math.floor(clock.now() / 1000);
    const key = await importPKCS8(signingKey.privateKey.reveal(), signingKey.algorithm);
    const assertion = await new SignJWT({ jti: randomness.bytes(16).toString('base64url') })
      .setProtectedHeader({
        alg: signingKey.algorithm,
        ...(signingKey.keyId === undefined ? {} : { kid: signingKey.keyId }),
      })
      .setIssuer(clientId)
      .setSubject(clientId)
      .setAudience(request.url)
      .setIssuedAt(now)
      .setExpirationTime(now + assertionLifetime)
      .sign(key);
    const body = new URLSearchParams(String(request.body ?? ''));
    body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    body.set('client_assertion', assertion);
    return { ...request, body: body.toString() };
  },
  /** Alipay's gateway: the sorted parameters, signed with RSA-SHA256, beside a time in the platform's zone. */
  alipay_rsa2: (request, provider, { clock }) => {
    const key = keyOf(provider, 'alipay_rsa2');
    const params = new URLSearchParams(String(request.body ?? ''));
    params.set('timestamp', shanghaiTime(clock.now()));
    params.set('sign_type', 'RSA2');
    params.sort();
    const text = [...params]
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `${name}=${value}`)
      .join('&');
    params.set('sign', createSign('RSA-SHA256').update(text).sign(key.privateKey.reveal(), 'base64'));
    return { ...request, body: params.toString() };
  },
};

function keyOf(provider: ConfiguredProvider, signer: SignerName): SigningKey {
  if (provider.signingKey !== undefined) return provider.signingKey;
  throw new OAuthConfigurationError(
    `The provider ${provider.name} signs with ${signer}; set its signingKey.`,
  );
}

/** `yyyy-MM-dd HH:mm:ss` in Asia/Shanghai, which has had no daylight saving time since 1991. */
function shanghaiTime(now: number): string {
  return new Date(now + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
}

/** Applies the signers of a contract in order. */
export async function signRequest(
  request: HttpRequest,
  names: readonly SignerName[] | undefined,
  provider: ConfiguredProvider,
  seams: SigningSeams,
): Promise<HttpRequest> {
  let signed = request;
  for (const name of names ?? []) signed = await signers[name](signed, provider, seams);
  return signed;
}

const basics = new WeakMap<ConfiguredProvider, Secret>();

/** The same for each request of a client, so it is written once. */
function basicOf(provider: ConfiguredProvider): Secret {
  const known = basics.get(provider);
  if (known !== undefined) return known;
  // RFC 6749 §2.3.1: both halves are form-encoded before they are joined.
  const pair = [provider.clientId, provider.clientSecret?.reveal() ?? ''].map(formEncode).join(':');
  const made = new Secret(`Basic ${Buffer.from(pair).toString('base64')}`);
  basics.set(provider, made);
  return made;
}
