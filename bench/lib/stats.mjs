// What is said of samples: medians and quartiles, and ratios that were taken round by round.

/** The middle of some numbers. */
export const median = (values) => quantile(values, 0.5);

/** Linear between the two neighbours. */
export function quantile(values, share) {
  if (values.length === 0) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)];
  return low + (sorted[Math.ceil(at)] - low) * (at - Math.floor(at));
}

/** The middle and how far the middle half reaches. */
export const spread = (values) => ({
  median: median(values),
  low: quantile(values, 0.25),
  high: quantile(values, 0.75),
});

/** Operations per second of a sample. */
export const rate = ({ ops, ms }) => (ops / ms) * 1000;

/** CPU µs of the measured process per operation. */
export const cpuPerOp = ({ ops, cpuUs }) => cpuUs / ops;

/**
 * `value` of one contender over that of another, round by round: what the machine did meanwhile hits both sides of
 * a round, and falls out.
 */
export function ratios(samples, reference, value = rate) {
  const common = Math.min(samples.length, reference.length);
  return spread(
    Array.from({ length: common }, (_, round) => value(samples[round]) / value(reference[round])),
  );
}
