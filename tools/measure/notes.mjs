// What the tests of many processes noted (`MEASURED=<file>`), as tables.
const titles = { redis: 'Redis', postgres: 'PostgreSQL' };

/** A number as people write it. */
export function inWords(value) {
  return Math.round(value).toLocaleString('en-US');
}

/** The part of the document each note belongs to, and its lines; a note that is missing changes nothing. */
export function noted(text, table) {
  const notes = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  const last = (what, also = () => true) => notes.findLast((note) => note.what === what && also(note));
  return [
    ['sweeps', sweeps(last, table)],
    ['stampede', stampede(last, table)],
    ['killed', killed(notes, table)],
    ['soak', soak(last, table)],
  ].filter(([, lines]) => lines !== undefined);
}

const kinds = Object.keys(titles);

function sweeps(last, table) {
  const rows = kinds.flatMap((kind) => {
    const found = [1, 2, 4].map((size) => last(`sweep ${kind}`, ({ processes }) => processes === size));
    if (found.includes(undefined)) return [];
    const written = found.reduce((sum, { writtenPerRenewal }) => sum + writtenPerRenewal, 0) / found.length;
    const rates = found.map(({ perSecond }) => inWords(perSecond));
    return [[titles[kind], inWords(found[0].tokens), ...rates, share(found[2]), inWords(written)]];
  });
  if (rows.length === 0) return undefined;
  const heads = ['Renewals per second', 'due', '1 process', '2', '4', 'smallest and largest share of 4'];
  return table([...heads, 'bytes of log per renewal'], rows);
}

function share({ shares, tokens }) {
  const percent = (part) => `${Math.round((part / tokens) * 100)} %`;
  return `${percent(Math.min(...shares))}, ${percent(Math.max(...shares))}`;
}

function stampede(last, table) {
  const rows = kinds.flatMap((kind) => {
    const found = ['has ended', 'is about to end'].map((when) => last(`stampede ${kind} ${when}`));
    if (found.includes(undefined)) return [];
    return found.map(({ what, latencyMs, wallMs }) => {
      const sorted = wallMs.toSorted((a, b) => a - b);
      const at = (part) =>
        `${Math.round(sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)])} ms`;
      return [
        `${titles[kind]}, the token ${what.split(' ').slice(2).join(' ')}`,
        `${latencyMs} ms`,
        at(0.5),
        at(0.9),
      ];
    });
  });
  if (rows.length === 0) return undefined;
  return table(
    ['4 processes × 250 callers', 'the platform takes', 'median until the last is served', '9 of 10'],
    rows,
  );
}

function killed(notes, table) {
  const rows = kinds.flatMap((kind) => {
    const [saved, others] = [true, false].map((isSaved) =>
      notes
        .filter(({ what }) => what.startsWith(`killed ${kind} `) && what.endsWith(' saved') === isSaved)
        .map(({ servedAfterMs }) => servedAfterMs),
    );
    if (saved.length === 0 || others.length === 0) return [];
    return [[titles[kind], `${inWords(Math.max(...others))} ms`, `${inWords(Math.max(...saved))} ms`]];
  });
  if (rows.length === 0) return undefined;
  return table(['The holder is killed', 'at the latest served', 'after its save'], rows);
}

function soak(last, table) {
  const found = kinds.map((kind) => [kind, last(`soak ${kind}`)]).filter(([, note]) => note !== undefined);
  if (found.length === 0) return undefined;
  const line = (name, of) => [name, ...found.map(([, note]) => of(note))];
  const range = (values) => `${Math.min(...values)} to ${Math.max(...values)} MB`;
  return table(
    ['', ...found.map(([kind]) => titles[kind])],
    [
      line('tokens, minutes', ({ tokens, minutes }) => `${inWords(tokens)}, ${minutes}`),
      line('logins per second while it was filled', ({ tokens, seedMs }) =>
        inWords((tokens / seedMs) * 1_000),
      ),
      line(
        'renewals, per second',
        ({ refreshes, renewalsPerSecond }) => `${inWords(refreshes)}, ${inWords(renewalsPerSecond)}`,
      ),
      line(
        'after the first life, per second: fewest, mean, most',
        ({ afterFirstLife: { fewest, mean, most } }) =>
          mean === 0 ? '–' : [fewest, mean, most].map(inWords).join(', '),
      ),
      line(
        'renewed twice for one expiry; refresh tokens used twice',
        ({ early, reuse }) => `${early}; ${reuse}`,
      ),
      line('renewed after the end of the token', ({ late }) => inWords(late)),
      // Without latency, calls are not under way long enough to be seen beside each other.
      ...(found.every(([, { latencyMs }]) => latencyMs > 0)
        ? [
            line('most calls under way at the platform (4 × 16 for the sweep)', ({ mostInFlight }) =>
              inWords(mostInFlight),
            ),
          ]
        : []),
      line(
        'longest lag, most due at once',
        ({ lagMs, mostDue }) => `${inWords(lagMs.most)} ms, ${inWords(mostDue)}`,
      ),
      line('resident memory of a process: warm', ({ rssMb }) => range(rssMb.warm)),
      line('at the end', ({ rssMb }) => range(rssMb.end)),
      ...(found.every(([, { heldMb }]) => heldMb !== undefined)
        ? [
            line('what it holds after collecting its garbage: warm', ({ heldMb }) => range(heldMb.warm)),
            line('at the end', ({ heldMb }) => range(heldMb.end)),
          ]
        : []),
      line('bytes per record: at first', ({ stored }) => inWords(stored.atFirst)),
      line('at the end', ({ stored }) => inWords(stored.atLast)),
      line('bytes of log per renewal', ({ writtenPerRenewal }) => inWords(writtenPerRenewal)),
    ],
  );
}
