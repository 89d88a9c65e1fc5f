import { type EmulatorSettings, EnvironmentError } from './environment.js';

/** One sentence for whoever started the process: which variable is to blame, and the fix. */
export function sentenceFor(error: unknown, settings: EmulatorSettings | undefined): string {
  if (error instanceof EnvironmentError) return error.message;
  const { code, port } = error as { code?: string; port?: number };
  const variable = port === settings?.port ? 'EMULATOR_PORT' : 'EMULATOR_PORTS';
  if (code === 'EADDRINUSE') {
    return `${variable}: port ${port ?? 0} is already in use; stop what uses it or choose another port.`;
  }
  if (code === 'EACCES') {
    return `${variable}: port ${port ?? 0} may not be opened by this user; choose a port above 1023.`;
  }
  return `The emulator cannot start: ${error instanceof Error ? error.message : String(error)}.`;
}
