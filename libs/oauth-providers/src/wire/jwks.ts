import { type CryptoKey, type JWK } from 'jose';
import { type ConfiguredProvider } from '../core/define-provider.js';
import { OAuthProviderError } from '../core/errors.js';
import { type Clock, type HttpPort } from '../core/ports.js';
import { fetchJson } from './fetch-json.js';
import { jose } from './jose.js';

/** An unknown kid makes us look again, but not more often than this: else forged tokens would drive our calls. */
const refetchCoolDown = 30_000;
/** Enough for a platform that rolls daily and serves some old keys; the rest of a longer list is ignored. */
const maxKeys = 32;

interface KeySet {
  readonly keys: readonly JWK[];
  readonly fetchedAt: number;
}

/** The public keys of the platforms: fetched through the HTTP port, kept as long as the contract allows. */
export class JwksCache {
  private readonly sets = new Map<string, KeySet>();
  private readonly fetches = new Map<string, Promise<KeySet>>();

  constructor(
    private readonly http: HttpPort,
    private readonly clock: Clock,
  ) {}

  /**
   * The key with this id, imported for this algorithm whatever the key set says of its `alg` (Huawei's says
   * RS256 for keys that sign PS256). An unknown id makes the set be fetched again once.
   * @throws OAuthProviderError `invalid_token` when there is no such key, or what the fetch failed with
   */
  async key(
    provider: ConfiguredProvider,
    rules: { readonly jwksUrl: string; readonly jwksMaxAge: number },
    header: { readonly alg: string; readonly kid: string | undefined },
  ): Promise<CryptoKey | Uint8Array> {
    const now = this.clock.now();
    const known = this.sets.get(rules.jwksUrl);
    const current =
      known !== undefined && now - known.fetchedAt < rules.jwksMaxAge * 1000
        ? known
        : await this.fetch(provider, rules.jwksUrl);
    let jwk = pick(current.keys, header);
    if (jwk === undefined && now - current.fetchedAt >= refetchCoolDown) {
      jwk = pick((await this.fetch(provider, rules.jwksUrl)).keys, header);
    }
    if (jwk === undefined) {
      throw jwksError(provider, 'invalid_token', 'the key set has no key for this id_token');
    }
    const key = { ...jwk };
    delete key.alg;
    const { importJWK } = await jose();
    try {
      return await importJWK(key, header.alg);
    } catch {
      throw jwksError(provider, 'invalid_token', 'the key of this id_token does not fit its algorithm');
    }
  }

  private async fetch(provider: ConfiguredProvider, url: string): Promise<KeySet> {
    const running = this.fetches.get(url);
    if (running !== undefined) return running;
    const fetching = this.load(provider, url).finally(() => this.fetches.delete(url));
    this.fetches.set(url, fetching);
    return fetching;
  }

  private async load(provider: ConfiguredProvider, url: string): Promise<KeySet> {
    const { keys } = await fetchJson(this.http, provider, 'jwks', url);
    if (!Array.isArray(keys)) throw jwksError(provider, 'transient', 'the key set holds no keys');
    const set = { keys: keys.filter(isJwk).slice(0, maxKeys), fetchedAt: this.clock.now() };
    this.sets.set(url, set);
    return set;
  }
}

function isJwk(value: unknown): value is JWK {
  return typeof value === 'object' && value !== null && 'kty' in value && typeof value.kty === 'string';
}

function pick(
  keys: readonly JWK[],
  header: { readonly alg: string; readonly kid: string | undefined },
): JWK | undefined {
  const kty = header.alg.startsWith('ES') ? 'EC' : header.alg === 'EdDSA' ? 'OKP' : 'RSA';
  const fitting = keys.filter((key) => key.kty === kty && (key.use === undefined || key.use === 'sig'));
  if (header.kid !== undefined) return fitting.find((key) => key.kid === header.kid);
  return fitting.length === 1 ? fitting[0] : undefined;
}

function jwksError(
  provider: ConfiguredProvider,
  errorClass: 'invalid_token' | 'transient',
  reason: string,
): OAuthProviderError {
  return new OAuthProviderError({ provider: provider.name, operation: 'jwks', errorClass, reason });
}
