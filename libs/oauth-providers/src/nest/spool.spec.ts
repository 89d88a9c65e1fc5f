import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineWorld } from '../testing-support/engine-world.js';
import { answer } from '../testing-support/fakes.js';
import { readSpool, removeSpool, writeSpool } from './spool.js';

describe('the spool', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spool-'));
    file = join(folder, 'deeper', 'spool.json');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('is empty where there is none', async () => {
    expect(await readSpool(file)).toEqual([]);
  });

  it('says what to do when it is damaged, and leaves it alone', async () => {
    const damaged = join(folder, 'damaged.json');
    await writeFile(damaged, '[{"key":');
    await expect(readSpool(damaged)).rejects.toThrow('move it aside and keep it');
    expect(await readFile(damaged, 'utf8')).toBe('[{"key":');
  });

  it('brings a grant over a shutdown that the store did not take, sealed', async () => {
    const world = await EngineWorld.create();
    await world.login();
    world.http.next(
      answer({ access_token: 'canary-1', refresh_token: 'canary-2', expires_in: 3600, token_type: 'bearer' }),
    );
    await world.time.advance(2 * 3_600_000);
    const save = world.vault.saveRenewal.bind(world.vault);
    world.vault.saveRenewal = () => Promise.reject(new Error('store away'));
    expect(await world.token()).toBe('canary-1');
    const left = await world.engine.stop(Promise.resolve());
    expect(left).toHaveLength(1);

    await writeSpool(file, left);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).not.toContain('canary');
    for (const renewal of await readSpool(file)) expect(await save(renewal)).toEqual({ saved: true });
    expect((await world.record()).tokens.refreshToken?.reveal()).toBe('canary-2');
    // Once more is harmless: the write is known.
    for (const renewal of await readSpool(file)) expect(await save(renewal)).toEqual({ saved: true });
    await removeSpool(file);
    expect(await readSpool(file)).toEqual([]);
    await world.close();
  });
});
