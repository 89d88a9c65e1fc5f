import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { transform } from '@swc/core';
import { type OpenStore } from '../../store-engine.port.js';
import { loadDriver } from './driver.js';
import { sqliteStore } from './sqlite-store.js';

const source = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const root = join(source, '..', '..', '..');
const clock = { now: () => 1_700_000_000_000 };

/** Saves one record after the other, and prints each number once its save is acknowledged. */
const writer = `
  import { sqliteStore } from './vault/stores/sqlite/sqlite-store.js';
  const [file, name, first, count] = process.argv.slice(2);
  const store = await sqliteStore({ file }).open({ now: () => ${clock.now()} });
  console.log('ready');
  for (let i = Number(first); i < Number(first) + Number(count); i += 1) {
    const key = Buffer.from(name + i);
    const writeId = Buffer.from(String(i).padEnd(12, name));
    await store.tokens.replace({ key, owner: null, writeId, generation: key, sealed: Buffer.alloc(500, i), lane: key, dueAt: i });
    const won = await store.marks.spendOnce(Buffer.from('mark ' + i), 3_600_000);
    console.log(i + (won ? ' won' : ' lost'));
  }
  await store.close();
`;

describe('sqliteStore with real processes', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vault-processes-'));
    for (const floor of ['core', 'vault']) await compile(floor);
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    await writeFile(join(folder, 'writer.js'), writer);
  }, 30_000);
  afterAll(() => rm(folder, { recursive: true }));

  /** The sources as they are, for plain node. */
  async function compile(floor: string): Promise<void> {
    for (const entry of await readdir(join(source, floor), { recursive: true, withFileTypes: true })) {
      if (!entry.name.endsWith('.ts') || entry.name.endsWith('.spec.ts')) continue;
      const path = join(entry.parentPath, entry.name);
      const target = join(folder, relative(source, path).replace(/ts$/, 'js'));
      const { code } = await transform(await readFile(path, 'utf8'), {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'es6' },
      });
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, code);
    }
  }

  function start(file: string, name: string, count: number, first = 0) {
    const child = spawn(
      process.execPath,
      [join(folder, 'writer.js'), file, name, String(first), String(count)],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const lines: string[] = [];
    const output = createInterface({ input: child.stdout });
    output.on('line', (line) => lines.push(line));
    return { child, lines, output, ended: Promise.all([once(child, 'close'), once(output, 'close')]) };
  }

  async function missing(store: OpenStore, name: string, lines: readonly string[]): Promise<number[]> {
    const acknowledged = lines.filter((line) => line !== 'ready').map((line) => Number.parseInt(line, 10));
    const found = await Promise.all(acknowledged.map((i) => store.tokens.get(Buffer.from(name + String(i)))));
    return acknowledged.filter((i, index) => found[index]?.dueAt !== i);
  }

  it('loses no acknowledged write of two writers, and lets one win each mark', async () => {
    const file = join(folder, 'two.db');
    const both = [start(file, 'a', 200), start(file, 'b', 200)] as const;
    await Promise.all(both.map((each) => each.ended));
    const store = await sqliteStore({ file }).open(clock);
    expect(both.map((each) => each.lines.length)).toEqual([201, 201]);
    expect(await missing(store, 'a', both[0].lines)).toEqual([]);
    expect(await missing(store, 'b', both[1].lines)).toEqual([]);
    const wins = both.flatMap((each) => each.lines.filter((line) => line.endsWith(' won')));
    expect(wins.map((line) => Number.parseInt(line, 10)).sort((x, y) => x - y)).toEqual(
      Array.from({ length: 200 }, (_, i) => i),
    );
    await store.close();
  }, 60_000);

  it('loses no acknowledged write when it is killed in the middle', async () => {
    const file = join(folder, 'killed.db');
    const lines: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      const { child, output, lines: seen, ended } = start(file, 'a', 1_000_000, round * 1_000_000);
      // Each round another number of saves, so that the kill meets another moment.
      output.on('line', () => {
        if (seen.length === 20 + round * 13) child.kill('SIGKILL');
      });
      await ended;
      expect(child.signalCode).toBe('SIGKILL');
      lines.push(...seen);
    }
    const store = await sqliteStore({ file }).open(clock);
    expect(lines.length).toBeGreaterThan(150);
    expect(await missing(store, 'a', lines)).toEqual([]);
    await store.close();
    const Driver = await loadDriver();
    const db = new Driver(file, { timeout: 0 });
    expect(db.prepare('PRAGMA integrity_check').all([])).toEqual([{ integrity_check: 'ok' }]);
    db.close();
  }, 60_000);

  it('shows what is acknowledged in a copy of the files taken while they are in use', async () => {
    const file = join(folder, 'live.db');
    const store = await sqliteStore({ file }).open(clock);
    await store.blobs.put('a', Buffer.from('key'), Buffer.from('value'), null);
    for (const end of ['', '-wal']) await cp(file + end, join(folder, `copy.db${end}`));
    const copy = await sqliteStore({ file: join(folder, 'copy.db') }).open(clock);
    expect(await copy.blobs.get('a', Buffer.from('key'))).toEqual(Buffer.from('value'));
    await Promise.all([store.close(), copy.close()]);
  });

  it('keeps the log of a file that is open twice here when another process comes and goes', async () => {
    const file = join(folder, 'twice.db');
    const one = await sqliteStore({ file }).open(clock);
    const two = await sqliteStore({ file }).open(clock);
    const value = Buffer.from('value');
    await one.blobs.put('a', Buffer.from('one'), value, null);
    const { lines, ended } = start(file, 'other', 5);
    await ended;
    expect(await readdir(folder)).toContain('twice.db-wal');
    await two.blobs.put('a', Buffer.from('two'), value, null);
    expect(await missing(one, 'other', lines)).toEqual([]);
    await one.close();
    await two.close();
    const again = await sqliteStore({ file }).open(clock);
    const found = [
      await again.blobs.get('a', Buffer.from('one')),
      await again.blobs.get('a', Buffer.from('two')),
    ];
    expect([lines.length, ...found]).toEqual([6, value, value]);
    await again.close();
  });
});
