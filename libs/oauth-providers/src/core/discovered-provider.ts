import { type ConfiguredProvider } from './define-provider.js';
import { type NetworkReach } from './network.js';

/**
 * A provider that describes itself: everything but the credentials is read from the server's metadata
 * (OpenID Connect Discovery 1.0, RFC 8414) when it is first needed.
 */
export interface DiscoveredProvider {
  readonly name: string;
  readonly clientId: string;
  readonly title: { readonly en: string; readonly zh: string };
  readonly metadataUrl: string;
  readonly reach: NetworkReach;
  readonly timeoutMs: number;
  /**
   * Writes the provider down from the metadata.
   * @throws OAuthConfigurationError when the metadata is not what this provider must have
   */
  describe(metadata: Readonly<Record<string, unknown>>): ConfiguredProvider;
}

/** What the module's `providers` takes. */
export type ProviderSource = ConfiguredProvider | DiscoveredProvider;

/** Whether a provider still has to be looked up. */
export function isDiscovered(source: ProviderSource): source is DiscoveredProvider {
  return 'metadataUrl' in source;
}
