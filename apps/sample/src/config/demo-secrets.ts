import { generateKey } from 'nestjs-oauth-providers';
import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from './config-error.js';

const shape = z.object({ encryptionKeys: z.string().min(1), sessionSecret: z.string().min(16) });

/** Secrets made up for a demo. */
export type DemoSecrets = z.infer<typeof shape>;

/**
 * The secrets of a demo, made up by the first start and kept in `dataDir`, readable by their owner alone.
 * However many processes start at once, all of them get the same ones; what is there is never overwritten.
 *
 * @throws ConfigError when the file cannot be made or read
 */
export async function demoSecrets(dataDir: string): Promise<DemoSecrets> {
  const file = join(dataDir, 'demo-secrets.json');
  try {
    return (await read(file)) ?? (await create(dataDir, file));
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
    throw new ConfigError(
      `DATA_DIR cannot hold the demo's secrets (${reason}): make ${dataDir} writable or set another folder.`,
    );
  }
}

async function read(file: string): Promise<DemoSecrets | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const result = shape.safeParse(parse(text));
  if (result.success) return result.data;
  throw new ConfigError(
    `DATA_DIR holds ${file}, which is damaged: restore it, or delete the folder to start over.`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Written aside and then linked into place, which fails where somebody else was faster. */
async function create(dataDir: string, file: string): Promise<DemoSecrets> {
  const secrets: DemoSecrets = {
    encryptionKeys: generateKey('demo', { bytes: (size) => randomBytes(size) }).reveal(),
    sessionSecret: randomBytes(32).toString('base64url'),
  };
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(secrets, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(draft, file);
    return secrets;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return (await read(file)) ?? secrets;
  } finally {
    await rm(draft, { force: true });
  }
}
