import { type ProviderName } from './provider-name.js';

/** The ways an endpoint can be made to misbehave. */
export const faultKinds = [
  'status',
  'html',
  'empty',
  'reset',
  'endless',
  'slow',
  'redirect',
  'json',
] as const;

/** Whether an endpoint misbehaves instead of its work, or does its work and then loses the reply. */
export const faultTimes = ['before', 'after'] as const;

/** A misbehaviour; README.md says what each kind does with the optional parts. */
export interface Fault {
  readonly kind: (typeof faultKinds)[number];
  /**
   * `after` lets the endpoint do its work first (a code is spent, a refresh token rotates), and then this takes the
   * place of its reply.
   * @defaultValue 'before'
   */
  readonly when?: (typeof faultTimes)[number] | undefined;
  readonly status?: number | undefined;
  /** A string is sent as it is, anything else as JSON. For `redirect` it is the location. */
  readonly body?: unknown;
  /** Milliseconds between the bytes (`slow`) or chunks (`endless`). */
  readonly ms?: number | undefined;
  /** Reply headers to add, such as `Retry-After`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A fault and the requests it hits. */
export interface FaultRule {
  readonly provider: ProviderName;
  /** Only this path; without it every endpoint of the platform except its pages. */
  readonly path?: string | undefined;
  /** How many requests it hits. */
  readonly times: number;
  readonly fault: Fault;
}

/** What a request goes to: an endpoint of a platform, or nothing known. */
export interface Target {
  readonly provider: ProviderName | null;
  readonly path: string;
  readonly isPage: boolean;
}

/** The faults still to come, first in, first out. */
export class FaultBook {
  readonly #rules: { rule: FaultRule; left: number }[] = [];

  add(rule: FaultRule): void {
    this.#rules.push({ rule, left: rule.times });
  }

  /** Takes the first fault that hits the target, if any, and counts it down. */
  take(target: Target): FaultRule | undefined {
    const index = this.#rules.findIndex(({ rule }) => hits(rule, target));
    const found = this.#rules[index];
    if (!found) return undefined;
    if (--found.left === 0) this.#rules.splice(index, 1);
    return found.rule;
  }

  clear(): void {
    this.#rules.length = 0;
  }
}

function hits(rule: FaultRule, target: Target): boolean {
  const sameProvider = rule.provider === target.provider;
  if (rule.path === undefined) return sameProvider && !target.isPage;
  return rule.path === target.path && (sameProvider || target.provider === null);
}
