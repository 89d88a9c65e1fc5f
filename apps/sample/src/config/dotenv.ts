import { loadEnvFile } from 'node:process';

/** Reads `.env` in the working directory, if there is one. What the environment has already said wins. */
export function loadDotEnv(): void {
  try {
    loadEnvFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
