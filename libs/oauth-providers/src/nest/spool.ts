import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OAuthConfigurationError } from '../core/errors.js';
import { type PreparedRenewal } from '../vault/index.js';

interface Line {
  readonly key: string;
  readonly writeId: string;
  readonly generation: string;
  readonly sealed: string;
  readonly lane: string;
  readonly dueAt: number | null;
  readonly expectedGeneration: string;
}

/** Puts renewals aside that a stopping process could not save. They are sealed already. */
export async function writeSpool(file: string, renewals: readonly PreparedRenewal[]): Promise<void> {
  const lines = renewals.map(({ write, expectedGeneration }): Line => {
    const text = (bytes: Buffer): string => bytes.toString('base64');
    return {
      key: text(write.key),
      writeId: text(write.writeId),
      generation: text(write.generation),
      sealed: text(write.sealed),
      lane: text(write.lane),
      dueAt: write.dueAt,
      expectedGeneration: text(expectedGeneration),
    };
  });
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.new`;
  await writeFile(draft, JSON.stringify(lines), { mode: 0o600, flush: true });
  await rename(draft, file);
}

function linesOf(file: string, text: string): Line[] {
  try {
    return JSON.parse(text) as Line[];
  } catch {
    throw new OAuthConfigurationError(
      `spoolFile ${file} cannot be read: it holds renewed grants that were never saved, so move it aside and keep it.`,
    );
  }
}

/**
 * What an earlier process has put aside.
 * @throws OAuthConfigurationError when the file is damaged
 */
export async function readSpool(file: string): Promise<PreparedRenewal[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '[]';
    throw error;
  });
  return linesOf(file, text).map((line) => {
    const bytes = (part: string): Buffer => Buffer.from(part, 'base64');
    return {
      write: {
        key: bytes(line.key),
        writeId: bytes(line.writeId),
        generation: bytes(line.generation),
        sealed: bytes(line.sealed),
        lane: bytes(line.lane),
        dueAt: line.dueAt,
      },
      expectedGeneration: bytes(line.expectedGeneration),
    };
  });
}

/** Forgets what was put aside, once it is stored. */
export async function removeSpool(file: string): Promise<void> {
  await rm(file, { force: true });
}
