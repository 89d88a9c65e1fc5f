import { describe, expect, it } from '@jest/globals';
import { run, type RunReport } from './run.js';
import { batchesOf, explain, seedsOf } from './seeds.js';

/** One half of the seeds: each half has a file of its own, so that two cores share them. */
export function describeSeeds(half: 'even' | 'odd'): void {
  const seeds = seedsOf(half);

  describe('the renewal engine keeps its rules', () => {
    const reports: RunReport[] = [];
    const sum = (count: (report: RunReport) => number): number =>
      reports.reduce((all, report) => all + count(report), 0);

    it.each(batchesOf(seeds).map((batch) => ({ first: batch[0], batch })))(
      'in the runs from seed $first on',
      async ({ batch }) => {
        for (const seed of batch) {
          const report = await run(seed);
          expect(report.violation === undefined ? '' : explain(report)).toBe('');
          reports.push(report);
        }
      },
    );

    it('in runs in which something happens', () => {
      expect(reports).toHaveLength(seeds.length);
      expect(sum(({ served }) => served)).toBeGreaterThanOrEqual(seeds.length);
      expect(sum(({ calls }) => calls)).toBeGreaterThanOrEqual(seeds.length);
      // Lost answers do end in late retries of spent tokens, but seldom.
      expect(sum(({ reuses }) => reuses)).toBeLessThanOrEqual(Math.max(seeds.length, 20));
    });
  });
}
