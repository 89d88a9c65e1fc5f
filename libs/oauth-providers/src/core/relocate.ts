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

/** The absolute URL of every endpoint of a contract. */
export function endpointsOf(contract: ProviderContract): string[] {
  const operations = Object.values(contract.operations) as Operation<unknown>[];
  return [
    ...operations.map((operation) => operation.request.url),
    ...(contract.login.kind === 'redirect' ? [contract.login.authorizationUrl] : []),
    ...(contract.idToken === undefined ? [] : [contract.idToken.jwksUrl]),
  ];
}

function parseOrigin(provider: string, baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  const extras = url === undefined ? '' : url.username + url.password + url.search + url.hash;
  if (url?.pathname !== '/' || extras !== '' || !/^https?:$/.test(url.protocol)) {
    throw new OAuthConfigurationError(
      `baseUrl of the provider ${provider} must be an origin such as https://example.com, without a path, query or credentials.`,
    );
  }
  return url.origin;
}
