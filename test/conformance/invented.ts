import { readFileSync } from 'node:fs';
import { type ErrorRule, type Operation, type ProviderContract } from 'nestjs-oauth-providers';
import { classOf } from '../../libs/oauth-providers/src/wire/classify.js';
import { type Row } from './vocabulary.js';

/** A code that the emulator made up, because it had to answer something. */
export interface InventedCode {
  readonly code: string;
  readonly subCode: string | undefined;
}

/**
 * Reads them out of the emulator's README: the second column of the table, which lists several with commas, the
 * pairs `1102/29001`, and AnyWeb's code for a used-up day. The rest of the section is about codes that documents do give and only their use is
 * made up, and about the error names of RFC 6749 §4.1.2.1, which are the RFC's.
 */
export function inventedCodes(): readonly InventedCode[] {
  const readme = readFileSync(new URL('../../libs/platform-emulator/README.md', import.meta.url), 'utf8');
  const section = /^## \*Invented\* values$([\s\S]*?)^## /m.exec(readme)?.[1] ?? '';
  const rows = [...section.matchAll(/^ *\| *\d{3} *\| *([\d, ]+?) *\|/gm)];
  const words = [...section.matchAll(/^- AnyWeb: (A\d{3}[A-Z]\d{3}) \(/gm)];
  const pairs = [...section.matchAll(/\b(\d{4})\/(\d{5})\b/g)];
  return [
    ...rows
      .flatMap(([, codes = '']) => codes.split(','))
      .map((code) => ({ code: code.trim(), subCode: undefined })),
    ...words.map(([, code = '']) => ({ code, subCode: undefined })),
    ...pairs.map(([, code = '', subCode]) => ({ code, subCode })),
  ];
}

/** The error tables of a contract, by operation. */
export function errorTables(
  contract: ProviderContract,
): readonly (readonly [string, readonly ErrorRule[]])[] {
  const operations = Object.entries(contract.operations) as [string, Operation<unknown>][];
  return [
    ...operations.map(([name, { errors }]) => [name, errors] as const),
    ...(contract.login.kind === 'redirect' ? [['callback', contract.login.callback.errors] as const] : []),
  ];
}

/** The platform's codes that a row brings up: those that come out, else those of the answer that is given. */
export function codesOf({ given, expect }: Row): readonly string[] {
  if ('error' in expect) return [expect.error.platformCode ?? '', expect.error.platformSubCode ?? ''];
  const { body, headers = {} } = given.fault ?? {};
  const members = typeof body === 'object' && body !== null ? Object.values(body) : [];
  return [...members, ...Object.values(headers)].map(String);
}

/** Whether a table gives a code a class by the code alone, without its words and its HTTP status. */
export function names(rules: readonly ErrorRule[], { code, subCode }: InventedCode): boolean {
  return classOf({ code, subCode, message: undefined, status: 0 }, rules) !== undefined;
}
