import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type ConfiguredProvider, type Operation } from 'nestjs-oauth-providers';
import { type ProviderName } from 'platform-emulator';
import { type Row } from './vocabulary.js';

/** Writes what the support table is generated from: what the contracts declare, and how every row came out. */
export function writeReport(
  file: string,
  providers: Readonly<Record<ProviderName, ConfiguredProvider>>,
  rows: readonly Row[],
  passed: ReadonlySet<Row>,
): void {
  const report = {
    providers: Object.entries(providers).map(([name, { contract }]) => ({
      name,
      title: contract.title,
      flow: contract.login.kind,
      pkce: contract.login.kind === 'redirect' ? contract.login.pkce : 'none',
      scopeSeparator: contract.login.scopeSeparator,
      codeLifetime: contract.login.codeLifetime,
      subjectFrom: contract.subjectFrom,
      idToken: contract.idToken?.algorithms ?? [],
      operations: (Object.entries(contract.operations) as [string, Operation<unknown>][]).map(
        ([operation, { request }]) => ({ name: operation, encoding: request.encoding }),
      ),
    })),
    rows: rows.map((row) => ({
      provider: row.provider,
      operation: row.operation,
      basis: row.basis,
      outcome: 'error' in row.expect ? 'error' : 'success',
      what: row.what,
      source: row.source,
      passed: passed.has(row),
      ...(row.bug === undefined ? {} : { bug: row.bug }),
    })),
  };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
}
