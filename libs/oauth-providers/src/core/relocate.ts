import { type Operation, type Operations, type ProviderContract } from './contract.js';
import { OAuthConfigurationError } from './errors.js';

/**
 * Moves every endpoint of a contract to another origin; paths and queries stay. The expected issuer is an
 * identity, not an address, and stays too.
 *
 * @throws OAuthConfigurationError when `baseUrl` is not a bare origin
 */
export function relocate(contract: ProviderContract, baseUrl: string): ProviderContract {
  const origin = parseOrigin(contract.name, baseUrl);
  const move = (url: string): string => {
    const { pathname, search } = new URL(url);
    return `${origin}${pathname}${search}`;
  };
  const operations = Object.fromEntries(
    Object.entries(contract.operations).map(([name, operation]: [string, Operation<unknown>]) => [
      name,
      { ...operation, request: { ...operation.request, url: move(operation.request.url) } },
    ]),
  ) as unknown as Operations;
  const { login, idToken } = contract;
  return {
    ...contract,
    operations,
    login: login.kind === 'redirect' ? { ...login, authorizationUrl: move(login.authorizationUrl) } : login,
    ...(idToken === undefined ? {} : { idToken: { ...idToken, jwksUrl: move(idToken.jwksUrl) } }),
  };
}

function parseOrigin(provider: string, baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  const bare = url !== undefined && (baseUrl === url.origin || baseUrl === `${url.origin}/`);
  if (!bare || !/^https?:$/.test(url.protocol)) {
    throw new OAuthConfigurationError(
      `baseUrl of the provider ${provider} must be an origin such as https://example.com, without a path, query or credentials.`,
    );
  }
  return url.origin;
}
