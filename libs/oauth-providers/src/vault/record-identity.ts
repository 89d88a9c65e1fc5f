/** A user's own token. */
export interface UserRecordIdentity {
  readonly kind: 'user';
  readonly provider: string;
  readonly clientId: string;
  /** The platform's identifier of the user, unchanged. */
  readonly subject: string;
  /** Which of a user's several tokens, where a platform gives more than one per scope. */
  readonly type?: string | undefined;
  /** The customer's organisation, on platforms that serve several with one client. */
  readonly tenant?: string | undefined;
}

/** A token of the client itself: an app or server token, or a ticket drawn with one. */
export interface ClientRecordIdentity {
  readonly kind: 'app' | 'ticket';
  readonly provider: string;
  readonly clientId: string;
  /** Which ticket, or which scope of app token. */
  readonly type?: string | undefined;
  readonly tenant?: string | undefined;
  readonly subject?: undefined;
}

/** Names one token record: (provider, client id, kind, type, tenant, subject). */
export type RecordIdentity = UserRecordIdentity | ClientRecordIdentity;

/** Whether two identities name the same record; an absent part and an empty one are the same. */
export function sameIdentity(a: RecordIdentity, b: RecordIdentity): boolean {
  return (
    a.provider === b.provider &&
    a.clientId === b.clientId &&
    a.kind === b.kind &&
    (a.type ?? '') === (b.type ?? '') &&
    (a.tenant ?? '') === (b.tenant ?? '') &&
    (a.subject ?? '') === (b.subject ?? '')
  );
}

/**
 * One text for one record, for the maps of a process. Each part stands behind its length, so that no two records
 * share one, whatever their parts hold. An absent part and an empty one are the same.
 */
export function nameOf(identity: RecordIdentity): string {
  const { provider, clientId, kind, type = '', tenant = '', subject = '' } = identity;
  const lengths = `${kind}:${provider.length}:${clientId.length}:${type.length}:${tenant.length}:`;
  return lengths + provider + clientId + type + tenant + subject;
}
