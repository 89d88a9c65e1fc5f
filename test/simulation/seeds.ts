import { type RunReport } from './run.js';

const total = Number(process.env['SIM_SEEDS'] ?? 5_000);
const single = process.env['SIM_SEED'];
const batch = 250;

/** One half of all seeds, or the one that was asked for: SIM_SEEDS says how many, SIM_SEED which. */
export function seedsOf(half: 'even' | 'odd'): number[] {
  const first = half === 'even' ? 0 : 1;
  if (single !== undefined) return Number(single) % 2 === first ? [Number(single)] : [];
  return Array.from({ length: Math.ceil((total - first) / 2) }, (_, index) => first + 2 * index);
}

/** The seeds in parts of a size that a test reports on. */
export function batchesOf(seeds: readonly number[]): number[][] {
  return Array.from({ length: Math.ceil(seeds.length / batch) }, (_, index) =>
    seeds.slice(index * batch, (index + 1) * batch),
  );
}

/** What went wrong, and the command that shows it again. */
export function explain({ seed, violation }: RunReport): string {
  return (
    `${violation?.message ?? ''}\n` +
    `SIM_SEED=${seed} npm run jest -- --selectProjects=e2e --testPathPatterns=simulation-seeds`
  );
}
