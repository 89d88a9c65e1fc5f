import { type RecordSealer } from './record-sealer.js';
import { SealError } from './seal-error.js';
import { type StoredToken, type TokenStore } from './token-store.port.js';
import { type BrokenRecord, type DueClaim, type DueRecords, type OpenedRecord } from './vault-types.js';

/** Claims what is due in the lane of one client, and opens it. */
export async function claimDue(
  tokens: TokenStore,
  sealer: RecordSealer,
  lane: Buffer,
  { provider, clientId, ...claim }: DueClaim,
): Promise<DueRecords> {
  const rows = await tokens.claimDue({ ...claim, lane });
  const records: OpenedRecord[] = [];
  const broken: BrokenRecord[] = [];
  const unmarked: Promise<void>[] = [];
  for (const stored of rows) {
    try {
      const record = sealer.open(stored);
      const { identity } = record;
      if (identity.provider !== provider || identity.clientId !== clientId) throw new SealError('mismatch');
      records.push(record);
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      broken.push({ key: stored.key, error });
      if (claim.spending && stored.spending === null) unmarked.push(unmark(tokens, stored, claim.owner));
    }
  }
  await Promise.all(unmarked);
  return { records, broken };
}

/** Nothing of what does not open is spent: whoever has the key for it must not find it in doubt. */
async function unmark(tokens: TokenStore, { key, generation }: StoredToken, owner: Buffer): Promise<void> {
  // What the store does not take now is in doubt for nothing, and no worse than that.
  await tokens.unmarkSpending({ key, owner, generation }).catch(() => undefined);
}
