import { isDiscovered, type ProviderSource } from '../core/discovered-provider.js';
import { zod } from '../core/zod.js';
import { jose } from '../wire/jose.js';
import { loadBreakers } from './breaker.js';
import { nestPassport } from './passport-guard.js';

/**
 * Loads what the first logins and calls of these providers need, so that nobody has to wait for it. What cannot be
 * loaded fails where it is needed.
 */
export async function warmUp(providers: readonly ProviderSource[]): Promise<void> {
  await Promise.allSettled([
    loadBreakers(),
    nestPassport(),
    ...(providers.some(readsIdTokens) ? [jose()] : []),
  ]);
  // What a server says of itself is checked by the schema.
  if (providers.some(isDiscovered)) zod();
}

function readsIdTokens(source: ProviderSource): boolean {
  return isDiscovered(source) || source.contract.idToken !== undefined || source.signingKey !== undefined;
}
