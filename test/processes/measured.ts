import { appendFileSync } from 'node:fs';

/** Notes what a run measured, as a line of JSON in the file named by `MEASURED`; nothing is ever asserted of it. */
export function note(what: string, values: Readonly<Record<string, unknown>>): void {
  const file = process.env['MEASURED'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ what, ...values })}\n`);
}
