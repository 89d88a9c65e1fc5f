import { type Path } from '../core/contract.js';

/** A platform's answer after decoding. `root` is undefined when the body could not be read. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly root: unknown;
  /** When the request was sent, in milliseconds since the epoch by our clock. */
  readonly sentAt: number;
  /** When the answer was complete, likewise. */
  readonly receivedAt: number;
}

/** Reads what stands at a path. Only own properties count, so an answer cannot reach a prototype. */
export function readPath(answer: Answer, payload: Path | undefined, path: Path): unknown {
  if (path.startsWith('header:')) {
    return answer.headers[path.slice('header:'.length).toLowerCase()];
  }
  const full = payload === undefined || payload === '' ? path : path === '' ? payload : `${payload}.${path}`;
  if (full === '') return answer.root;
  return full.includes('.') ? full.split('.').reduce(step, answer.root) : step(answer.root, full);
}

function step(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

/** Null, the empty string and nothing at all are the same: no value. */
export function hasValue(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

/** The first of several paths that has a value. */
export function firstValue(
  answer: Answer,
  payload: Path | undefined,
  paths: readonly Path[] | undefined,
): unknown {
  for (const path of paths ?? []) {
    const value = readPath(answer, payload, path);
    if (hasValue(value)) return value;
  }
  return undefined;
}

/**
 * Like {@link firstValue}, as text; numbers become text, anything else counts as no value. So does an integer
 * too large for JavaScript: it has lost digits, and two users would become one.
 */
export function firstText(
  answer: Answer,
  payload: Path | undefined,
  paths: readonly Path[] | undefined,
): string | undefined {
  const value = firstValue(answer, payload, paths);
  if (typeof value === 'string') return value;
  const exact = typeof value === 'number' && (Number.isSafeInteger(value) || !Number.isInteger(value));
  return exact ? String(value) : undefined;
}
