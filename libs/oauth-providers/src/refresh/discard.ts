import { type ConfiguredProvider } from '../core/define-provider.js';
import { type TokenSet } from '../core/token-set.js';
import { type OpenedRecord } from '../vault/index.js';
import { type Wire } from '../wire/wire.js';

/**
 * Ends, where the platform can, what came home to a record that was deleted or replaced meanwhile (`current`): it must
 * not live on unseen. Where the refresh token is still the record's, ending what we brought would end that too.
 */
export async function discard(
  wire: Wire,
  provider: ConfiguredProvider,
  brought: TokenSet,
  current: OpenedRecord | undefined,
): Promise<void> {
  const survivor = current?.tokens.refreshToken?.reveal();
  if (survivor !== undefined && survivor === brought.refreshToken?.reveal()) return;
  if (!wire.offers(provider, 'revoke')) return;
  // RFC 7009 §2.1: with the refresh token its access tokens end, too; the other way round they need not.
  const token = brought.refreshToken ?? brought.accessToken;
  await wire.revoke(provider, { token }).catch(() => undefined);
}
