import { cpuPerOp, median, rate, ratios } from './stats.mjs';

/** A number for people. */
export const shown = (value, digits = 0) =>
  Number.isFinite(value)
    ? value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
    : '–';

/** The columns that {@link ratioRow} fills. */
export const ratioColumns = (first, unit, reference) => [
  ...[first, `${unit}s/s`, `× ${reference}`, 'middle half', `CPU µs/${unit}`, 'CPU ratio'],
];

/** A contender's rate and CPU, and both as ratios to the reference. */
export function ratioRow(name, samples = [], reference = [], cpuDigits = 0) {
  if (samples.length === 0) return [name, 'failed', '–', '–', '–', '–'];
  const ratio = ratios(samples, reference);
  return [
    name,
    shown(median(samples.map(rate))),
    `${shown(ratio.median, 2)}x`,
    `${shown(ratio.low, 2)}–${shown(ratio.high, 2)}`,
    shown(median(samples.map(cpuPerOp)), cpuDigits),
    `${shown(ratios(reference, samples, cpuPerOp).median, 2)}x`,
  ];
}

/** How a claim's CPU compares, for the note beside it. */
export const cpuNote = (samples = [], reference = []) =>
  `CPU ${shown(ratios(reference, samples, cpuPerOp).median, 2)}x`;
