// The page of results.
import { cpus } from 'node:os';
import { createRequire } from 'node:module';
import { claimRows } from './targets.mjs';
import { placement } from './workers.mjs';

/** A table in Markdown; numbers stand to the right. */
export function markdownTable({ columns, rows }) {
  const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  const isNumeric = (index) =>
    index > 0 && rows.every((row) => /^([+−–-]?[\d.,]|failed|–|$)/.test(String(row[index])));
  return [
    line(columns),
    line(columns.map((_, index) => (isNumeric(index) ? '--:' : '---'))),
    ...rows.map(line),
  ].join('\n');
}

/** The whole page. */
export function pageOf({ mode, results, versions }) {
  const all = Object.values(results);
  const measured = all.flatMap(({ targets }) => targets);
  return (
    [
      '# Performance',
      'Written by `npm run bench`. Where two sides are compared by speed, both ran in the same run, in short rounds in a shuffled order, each in a process of its own, and the figure is the median of the ratios of the rounds. Stampede, sizes, memory, the due scan and the share of what a latency allows are figures of their own. "CPU µs" is what the measured process itself computed per operation, which a busy machine disturbs less than time. Absolute figures hold for one machine only.',
      machineSection(mode, versions),
      '## Claims',
      markdownTable({
        columns: ['what', 'compared with', 'must', 'aim', 'measured', 'verdict', 'command'],
        rows: claimRows(measured),
      }),
      'Why the missed ones are missed: [where the time goes](performance-profiles.md).',
      '![Ratios as bars](performance.svg)',
      '## How the other side is kept honest',
      honesty,
      ...Object.entries(results).map(([name, result]) => benchmarkSection(name, result)),
    ].join('\n\n') + '\n'
  );
}

const honesty = [
  '- The floors written by hand have the durability of the product: SQLite with `synchronous=FULL`, Redis with `appendfsync always`, PostgreSQL with `synchronous_commit=on`.',
  '- The floor of a sweep has its duty: a claim that returns the records, the call, and a save that is fenced by the claim, both in batches. It does not mark refresh tokens as being spent, keeps no states and tells nobody.',
  '- All applications of the login benchmark use state and PKCE, one token call and one user info call per login, and give the browser a new session; where a peer does less, it is said below. The product also saves the tokens, sealed.',
  '- Answers are checked: who is signed in, what is stored and opens again, how often the provider was called. A contender that fails is named, and has no figures.',
].join('\n');

function machineSection(mode, versions) {
  const machine = [
    ['mode', mode],
    ['cores', String(cpus().length)],
    ['placement', placement],
    ['Node.js', process.version],
    ...Object.entries(versions),
  ];
  return `## The run\n\n${markdownTable({ columns: ['', ''], rows: machine })}`;
}

function benchmarkSection(name, { title, tables, notes, failures, later = false }) {
  return [
    `## ${title}`,
    `\`npm run bench -- --full --only=${name}\``,
    ...(later ? ['Measured again, in a later run than the rest of this page.'] : []),
    ...failures.map((failure) => `- **${failure}**`),
    ...tables.map((table) => `### ${table.title}\n\n${markdownTable(table)}`),
    notes.map((note) => `- ${note}`).join('\n'),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Versions of what was measured, from the packages that are installed. */
export function packageVersions(names, from) {
  const require = createRequire(from);
  return Object.fromEntries(
    names.flatMap((name) => {
      try {
        const folders = require.resolve.paths(name) ?? [];
        for (const folder of folders) {
          try {
            return [[name, require(`${folder}/${name}/package.json`).version]];
          } catch {
            // Not in this one.
          }
        }
        return [];
      } catch {
        return [];
      }
    }),
  );
}
