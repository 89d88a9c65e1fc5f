import { beforeAll, describe, expect, it } from '@jest/globals';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crashes, type Moment, moments } from './crash/run.js';
import { inWords, type Measured, withTable } from './crash/table.js';
import { type Persona } from './crash/task.js';

/**
 * What becomes of a record when the process that renews it is killed: real processes, SIGKILL, one SQLite file, and a
 * platform that counts. Needs the build (`npm run build`). `UPDATE_DOCS=1` writes the table into docs/renewal.md.
 */
describe('a process that is killed while it renews', () => {
  let measured: Measured;

  // The limit is there against hanging: thirty processes start, on whatever the machine has left for them.
  beforeAll(async () => {
    const [kept, grace, strict] = await Promise.all([crashes('kept'), crashes('grace'), crashes('strict')]);
    measured = { kept, grace, strict };
  }, 240_000);

  const repaired = { signal: 'SIGKILL', atOnce: 'a live token', atLast: 'a live token' };
  const lost = { signal: 'SIGKILL', atOnce: 'a live token', atLast: 'invalid_grant' };

  /** What the table has to say, and what callers get meanwhile. */
  const expected: Readonly<Record<Persona, Readonly<Record<Moment, readonly [string, typeof repaired]>>>> = {
    kept: {
      claimed: ['fresh, 1 call', repaired],
      marked: ['fresh, 1 call', repaired],
      sent: ['fresh, 2 calls', repaired],
      replied: ['fresh, 2 calls', repaired],
      saved: ['fresh, 1 call', repaired],
    },
    grace: {
      claimed: ['fresh, 1 call', repaired],
      marked: ['fresh, 1 call', repaired],
      sent: ['fresh, 2 calls', repaired],
      replied: ['fresh, 2 calls', repaired],
      saved: ['fresh, 1 call', repaired],
    },
    strict: {
      claimed: ['fresh, 1 call', repaired],
      marked: ['fresh, 1 call', repaired],
      sent: ['needs_login (lost_reply), 2 calls', lost],
      replied: ['needs_login (lost_reply), 2 calls', lost],
      saved: ['fresh, 1 call', repaired],
    },
  };
  const personas = ['kept', 'grace', 'strict'] as const;
  const cells = personas.flatMap((persona) => moments.map((moment) => [persona, moment] as const));

  it.each(cells)('is followed by what the table says: %s, %s', (persona, moment) => {
    const outcome = measured[persona][moment];
    const { signal, recovery } = outcome;
    const { atOnce, atLast } = recovery;
    expect([inWords(outcome), { signal, atOnce, atLast }]).toEqual(expected[persona][moment]);
  });

  it.each(cells)('was killed at the moment it should be: %s, %s', (persona, moment) => {
    const { callsBefore, recovery } = measured[persona][moment];
    const called = moment !== 'claimed' && moment !== 'marked';
    expect(callsBefore).toBe(called ? 1 : 0);
    expect(recovery.found).toEqual({
      leased: moment !== 'saved',
      // A sweep's claim marks what it takes.
      marked: persona !== 'kept' && moment !== 'saved',
    });
  });

  it.each(['claimed', 'marked', 'sent', 'replied'] as const)(
    'keeps a strict platform’s single retry for the last moment: %s',
    (moment) => {
      const { recovery, calls, callsBefore } = measured.strict[moment];
      expect(recovery.trail).toEqual(['in_doubt', recovery.state]);
      expect(calls - callsBefore).toBe(1);
    },
  );

  it.each(cells)('is counted by the platform as by us: %s, %s', (persona, moment) => {
    const { calls, counters } = measured[persona][moment];
    const lostReply = moment === 'sent' || moment === 'replied';
    expect(counters).toEqual({
      refreshes: lostReply && persona !== 'strict' ? 2 : 1,
      reuse: lostReply && persona !== 'kept' ? 1 : 0,
    });
    expect(calls).toBe(lostReply ? 2 : 1);
  });

  it('is described in docs/renewal.md as it was measured (else: UPDATE_DOCS=1)', async () => {
    const file = 'docs/renewal.md';
    if (process.env['UPDATE_DOCS'] === '1') {
      await writeFile(file, withTable(await readFile(file, 'utf8'), measured));
    }
    const document = await readFile(file, 'utf8');
    expect(document).toBe(withTable(document, measured));
  });
});

describe('failpoints', () => {
  it('are known to nothing of the library but the engine itself: no option leads there', async () => {
    const source = 'libs/oauth-providers/src';
    const files = (await readdir(source, { recursive: true })).filter((name) => name.endsWith('.ts'));
    const knowing: string[] = [];
    for (const name of files) {
      if (/failpoint/i.test(await readFile(join(source, name), 'utf8'))) knowing.push(name);
    }
    expect(knowing.sort()).toEqual([
      'refresh/engine.ts',
      'refresh/failpoints.ts',
      'refresh/renewal.ts',
      'refresh/renewer.ts',
    ]);
  });
});
