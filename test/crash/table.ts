import { type Moment, moments, type Outcome } from './run.js';
import { type Persona } from './task.js';

/** The table of the documents, as it was measured. */
export type Measured = Readonly<Record<Persona, Readonly<Record<Moment, Outcome>>>>;

const [begin, end] = ['<!-- crashes:begin -->', '<!-- crashes:end -->'];

const heads = [
  'Killed',
  'Refresh token kept (Huawei)',
  'Rotation with grace',
  'Strict rotation (WPS, reuse detected)',
];

const words: Readonly<Record<Moment, string>> = {
  claimed: 'after the **claim**: the lease is stored, and with it the mark',
  marked: 'after the **decision**: the call is next',
  sent: 'after the call was **sent**: the platform has done its work, no byte of the answer has arrived',
  replied: 'after the **reply**: it is read, nothing of it is stored',
  saved: 'after the **save**',
};

/** A cell in a few words, such as `needs_login (lost_reply), 2 calls`. */
export function inWords({ calls, recovery: { state, cause } }: Outcome): string {
  return `${state}${cause === null ? '' : ` (${cause})`}, ${calls} ${calls === 1 ? 'call' : 'calls'}`;
}

/** The document with the table in its place. */
export function withTable(document: string, measured: Measured): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the document lacks ${begin} or ${end}`);
  const rows = moments.map((moment) => [
    words[moment],
    ...[measured.kept, measured.grace, measured.strict].map((column) => inWords(column[moment])),
  ]);
  const table = [heads, heads.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
  return `${document.slice(0, from + begin.length)}\n\n${table}\n\n${document.slice(to)}`;
}
