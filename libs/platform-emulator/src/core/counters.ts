import { type ProviderName, providerNames } from './provider-name.js';

/** What is counted, per platform: what was carried out. A refusal counts nowhere; it is in the log. */
export const countedOperations = [
  'exchanges',
  'refreshes',
  'appTokens',
  'tickets',
  'introspections',
  'revocations',
  'reuse',
] as const;
export type CountedOperation = (typeof countedOperations)[number];

/** How often a platform carried out each operation. */
export type Counters = Readonly<Record<CountedOperation, number>>;

/** Counts operations. One whose reply was lost on the way is counted like any other. */
export class CounterBook {
  readonly #counts = new Map<string, number>();

  add(provider: ProviderName, operation: CountedOperation): void {
    const key = `${provider}\n${operation}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** The counters as they are now. */
  read(): Readonly<Record<ProviderName, Counters>> {
    const of = (provider: ProviderName) =>
      Object.fromEntries(
        countedOperations.map((operation) => [operation, this.#counts.get(`${provider}\n${operation}`) ?? 0]),
      ) as Counters;
    return Object.fromEntries(providerNames.map((provider) => [provider, of(provider)])) as Record<
      ProviderName,
      Counters
    >;
  }

  clear(): void {
    this.#counts.clear();
  }
}
