import { type RecordIdentity } from '../vault/index.js';

/**
 * One text for one record, for the maps of a process. Each part stands behind its length, so that no two records
 * share one, whatever their parts hold. An absent part and an empty one are the same.
 */
export function nameOf(identity: RecordIdentity): string {
  const { provider, clientId, kind, type = '', tenant = '', subject = '' } = identity;
  const lengths = `${kind}:${provider.length}:${clientId.length}:${type.length}:${tenant.length}:`;
  return lengths + provider + clientId + type + tenant + subject;
}
