import { type RecordIdentity } from '../vault/index.js';

/** One text for one record, for the maps of a process. */
export function nameOf({ provider, clientId, kind, type, tenant, ...rest }: RecordIdentity): string {
  const subject = 'subject' in rest ? rest.subject : undefined;
  return JSON.stringify([provider, clientId, kind, type, tenant, subject]);
}
