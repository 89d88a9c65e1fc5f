import { issuer } from './id-token.js';

/**
 * The discovery document: the endpoints are the emulator's, the issuer stays Huawei's, so that the two differ as they
 * do in the original.
 *
 * @see "openid-configuration" of Huawei's Account Kit REST reference
 */
export function discoveryDocument(origin: string): Readonly<Record<string, unknown>> {
  return {
    issuer,
    authorization_endpoint: `${origin}/oauth2/v3/authorize`,
    token_endpoint: `${origin}/oauth2/v3/token`,
    jwks_uri: `${origin}/oauth2/v3/certs`,
    response_types_supported: ['code'],
    response_modes_supported: ['form_post'],
    grant_types_supported: ['authorization_code'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256', 'PS256'],
    scopes_supported: ['openid', 'email', 'profile'],
    token_endpoint_auth_methods_supported: ['client_secret_post'],
    code_challenge_methods_supported: ['S256'],
    claims_supported: [
      'aud',
      'email',
      'email_verified',
      'exp',
      'family_name',
      'given_name',
      'iat',
      'iss',
      'locale',
      'name',
      'picture',
      'sub',
      'display_name',
    ],
  };
}
