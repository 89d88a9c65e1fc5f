/** Why a record is in its state. It lies unsealed in the store, so nothing in it may be a secret. */
export interface RecordCause {
  /** What happened, in a word of ours. */
  readonly reason: string;
  readonly errorClass: string;
  /** The platform's own code; the store keeps its first {@link longestCode} characters. */
  readonly platformCode?: string;
}

const longestCode = 64;

/** The small text a store keeps. */
export function encodeCause({ reason, errorClass, platformCode }: RecordCause): string {
  return JSON.stringify({ reason, errorClass, platformCode: platformCode?.slice(0, longestCode) });
}

/** Reads what {@link encodeCause} wrote; whatever else a store holds is no cause. */
export function decodeCause(text: string | null): RecordCause | null {
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { reason, errorClass, platformCode } = value as Record<keyof RecordCause, unknown>;
  if (typeof reason !== 'string' || typeof errorClass !== 'string') return null;
  return typeof platformCode === 'string' ? { reason, errorClass, platformCode } : { reason, errorClass };
}
