import { type ConfiguredProvider } from '../core/define-provider.js';
import { type DiscoveredProvider, isDiscovered, type ProviderSource } from '../core/discovered-provider.js';
import { OAuthConfigurationError, OAuthProviderError } from '../core/errors.js';
import { type Clock, type HttpPort } from '../core/ports.js';
import { fetchJson } from './fetch-json.js';

/** Metadata is looked at again after this many milliseconds; a server that is down then is known as before. */
const maxAge = 3_600_000;

interface Known {
  readonly provider: ConfiguredProvider;
  readonly at: number;
}

/** Finds out what discovered providers look like, once for all who ask. */
export class Discovery {
  private readonly known = new Map<string, Known>();
  private readonly lookups = new Map<string, Promise<ConfiguredProvider>>();

  constructor(
    private readonly http: HttpPort,
    private readonly clock: Clock,
  ) {}

  /**
   * The provider, ready for use.
   * @throws OAuthProviderError `transient` when its metadata cannot be had, `invalid_client` when it is not right
   */
  async resolve(source: ProviderSource): Promise<ConfiguredProvider> {
    if (!isDiscovered(source)) return source;
    const known = this.known.get(source.name);
    if (known !== undefined && this.clock.now() - known.at < maxAge) return known.provider;
    const running =
      this.lookups.get(source.name) ?? this.lookUp(source).finally(() => this.lookups.delete(source.name));
    this.lookups.set(source.name, running);
    return known === undefined ? running : running.catch(() => known.provider);
  }

  private async lookUp(source: DiscoveredProvider): Promise<ConfiguredProvider> {
    const metadata = await fetchJson(this.http, source, 'discovery', source.metadataUrl);
    try {
      const provider = source.describe(metadata);
      this.known.set(source.name, { provider, at: this.clock.now() });
      return provider;
    } catch (error) {
      if (!(error instanceof OAuthConfigurationError)) throw error;
      throw new OAuthProviderError({
        provider: source.name,
        operation: 'discovery',
        errorClass: 'invalid_client',
        reason: error.message,
      });
    }
  }
}
