import { type Lease, type RecordState, type StateChange, type StoredToken } from './token-store.port.js';

/** Whether a lease is in force. */
export function isLive(lease: Lease | null, now: number): lease is Lease {
  return lease !== null && lease.until > now;
}

/** Whether `owner` may take the lease: it is free, over, or already theirs. */
export function mayClaim(lease: Lease | null, owner: Buffer, now: number): boolean {
  return !isLive(lease, now) || lease.owner.equals(owner);
}

/** Whether `owner` may call the platform now. */
export function holds(lease: Lease | null, owner: Buffer, now: number): boolean {
  return isLive(lease, now) && lease.owner.equals(owner);
}

/** Whether `owner` may still settle: a lease that is over is theirs until somebody else takes it. */
export function maySettle(lease: Lease | null, owner: Buffer | null, now: number): boolean {
  return owner === null ? !isLive(lease, now) : lease?.owner.equals(owner) === true;
}

/** Whether a settlement that comes again has nothing left to do. */
export function isSettled(record: StoredToken, change: StateChange): boolean {
  return (
    record.lease === null &&
    record.state === change.state &&
    record.cause === change.cause &&
    record.failures === change.failures &&
    record.refusals === change.refusals &&
    record.refusedSince === change.refusedSince &&
    record.dueAt === dueAfter(change) &&
    (change.spending === 'keep' || record.spending === null)
  );
}

/** Without new tokens a record only gets worse: what needs a login or is revoked is brought back by a save alone. */
const worse: Readonly<Record<RecordState, readonly RecordState[]>> = {
  fresh: ['fresh', 'degraded', 'in_doubt', 'needs_login', 'revoked'],
  degraded: ['degraded', 'in_doubt', 'needs_login', 'revoked'],
  in_doubt: ['degraded', 'in_doubt', 'needs_login', 'revoked'],
  needs_login: ['needs_login', 'revoked'],
  revoked: ['revoked'],
};

/** Whether a settlement may lead from one state to another. */
export function maySettleAs(from: RecordState, to: RecordState): boolean {
  return worse[from].includes(to);
}

const waiting: ReadonlySet<RecordState> = new Set(['needs_login', 'revoked']);

/** When a record is due after a change: never, where only its user can help. */
export function dueAfter({ state, dueAt }: StateChange): number | null {
  return waiting.has(state) ? null : dueAt;
}
