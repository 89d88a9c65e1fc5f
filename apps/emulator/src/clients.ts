import { type EmulatorClient, type ProviderName, providerNames } from 'platform-emulator';

type Clients = Partial<Record<ProviderName, EmulatorClient[]>>;

/**
 * Reads clients from `provider:id:secret[:redirectUri]` entries separated by commas (an entry repeated with another
 * redirect URI adds it), or from JSON for values with colons or commas of their own. Undefined when neither fits.
 */
export function parseClients(text: string): Clients | undefined {
  return text.startsWith('{') ? parseJson(text) : parseEntries(text);
}

function parseEntries(text: string): Clients | undefined {
  const clients: Clients = {};
  for (const entry of text.split(',')) {
    const [name = '', clientId, clientSecret, ...uri] = entry.trim().split(':');
    const provider = providerOf(name);
    if (!provider || !clientId || !clientSecret) return undefined;
    const redirectUris = uri.length ? [uri.join(':')] : [];
    if (!redirectUris.every((each) => URL.canParse(each))) return undefined;
    add(clients, provider, { clientId, clientSecret, redirectUris });
  }
  return clients;
}

function parseJson(text: string): Clients | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const clients: Clients = {};
  for (const [name, list] of Object.entries(value as Record<string, unknown>)) {
    const provider = providerOf(name);
    if (!provider || !Array.isArray(list) || !list.every(isClient)) return undefined;
    for (const client of list) add(clients, provider, client);
  }
  return clients;
}

function isClient(value: unknown): value is EmulatorClient {
  if (typeof value !== 'object' || value === null) return false;
  const { clientId, clientSecret, redirectUris = [], isv = false } = value as Record<string, unknown>;
  const isText = (part: unknown) => typeof part === 'string' && part !== '';
  const isUri = (part: unknown) => typeof part === 'string' && URL.canParse(part);
  const isSound = isText(clientId) && isText(clientSecret) && typeof isv === 'boolean';
  return isSound && Array.isArray(redirectUris) && redirectUris.every(isUri);
}

function add(clients: Clients, provider: ProviderName, client: EmulatorClient): void {
  const others = clients[provider] ?? [];
  const earlier = others.find((other) => other.clientId === client.clientId);
  const redirectUris = [...(earlier?.redirectUris ?? []), ...(client.redirectUris ?? [])];
  clients[provider] = [...others.filter((other) => other !== earlier), { ...client, redirectUris }];
}

function providerOf(name: string): ProviderName | undefined {
  return providerNames.find((known) => known === name);
}
