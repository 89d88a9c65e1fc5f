import { demoClients } from '../demo-clients.js';
import { isLoopbackName } from './loopback.js';
import { type ProviderName, providerNames } from './provider-name.js';

/** A client registered with a platform. */
export interface EmulatorClient {
  /** `client_id`, `appid` or `app_id`, as the platform calls it. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** The exact redirect URIs; without any, every http URI on loopback is accepted. */
  readonly redirectUris?: readonly string[] | undefined;
  /** WPS: an app of a third party (ISV), which gets tenant tokens for an `app_ticket` and a `company_id`. */
  readonly isv?: boolean | undefined;
}

/** Clients beyond the demo ones. One with the id of a demo client replaces it. */
export type ExtraClients = Partial<Record<ProviderName, readonly EmulatorClient[]>>;

/** Every client of every platform. */
export class ClientRegistry {
  readonly #clients = new Map<string, EmulatorClient>();

  constructor(extra: ExtraClients = {}) {
    for (const provider of providerNames) {
      for (const client of [demoClients[provider], ...(extra[provider] ?? [])]) {
        this.#clients.set(`${provider}\n${client.clientId}`, client);
      }
    }
  }

  find(provider: ProviderName, clientId: string): EmulatorClient | undefined {
    return this.#clients.get(`${provider}\n${clientId}`);
  }
}

/** Whether the text can be a redirect URI at all: absolute and without a fragment. */
export function isRedirectUri(text: string): boolean {
  return URL.canParse(text) && !text.includes('#');
}

/** Whether a client may be sent back to this URI. Registered URIs are compared as text, as the platforms do. */
export function acceptsRedirect(client: EmulatorClient, redirectUri: string): boolean {
  if (!isRedirectUri(redirectUri)) return false;
  if (client.redirectUris?.length) return client.redirectUris.includes(redirectUri);
  const url = new URL(redirectUri);
  return /^https?:$/.test(url.protocol) && isLoopbackName(url.hostname);
}
