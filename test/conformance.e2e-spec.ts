import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OperationName } from 'nestjs-oauth-providers';
import { type ProviderName, providerNames } from 'platform-emulator';
import { isDeepStrictEqual } from 'node:util';
import { anyProviderRows } from './conformance/any-provider.js';
import { anywebRows } from './conformance/anyweb.js';
import { anywebTokenRows } from './conformance/anyweb-tokens.js';
import { emulatedRows } from './conformance/emulated.js';
import { huaweiRows } from './conformance/huawei.js';
import { huaweiStateRows } from './conformance/huawei-states.js';
import { huaweiTokenRows } from './conformance/huawei-tokens.js';
import { codesOf, errorTables, inventedCodes, names } from './conformance/invented.js';
import { measure } from './conformance/measure.js';
import { writeReport } from './conformance/report.js';
import { type Row } from './conformance/vocabulary.js';
import { configured, World } from './conformance/world.js';
import { wpsRows } from './conformance/wps.js';
import { wpsTokenRows } from './conformance/wps-tokens.js';
import { yuanzhibangRows } from './conformance/yuanzhibang.js';
import { yuanzhibangTokenRows } from './conformance/yuanzhibang-tokens.js';

const providers = configured();
const documented = [
  ...[...wpsRows, ...wpsTokenRows],
  ...[...huaweiRows, ...huaweiTokenRows, ...huaweiStateRows],
  ...[...anywebRows, ...anywebTokenRows],
  ...[...yuanzhibangRows, ...yuanzhibangTokenRows],
  ...emulatedRows,
];
const rows: readonly Row[] = [...documented, ...anyProviderRows(providers)];
const passed = new Set<Row>();
let world: World;

beforeAll(async () => {
  world = await World.start();
});

afterAll(async () => {
  await world.close();
  const file = process.env['CONFORMANCE_REPORT'] ?? '';
  if (file !== '') writeReport(file, providers, rows, passed);
});

for (const provider of providerNames) {
  describe(`conformance of ${provider}`, () => {
    for (const operation of new Set(of(provider).map((row) => row.operation))) {
      describe(`the operation ${operation}`, () => {
        for (const row of of(provider, operation)) {
          // A row with a bug has to fail: repaired, it asks for its remark to be taken away.
          const test = row.bug === undefined ? it : it.failing;
          test(`${row.what} (${row.source})`, () => expectConformance(row));
        }
      });
    }
  });
}

describe('the tables', () => {
  it.each(providerNames)('hold successes and errors for every operation of %s', (provider) => {
    const { operations } = providers[provider].contract;
    for (const operation of Object.keys(operations) as OperationName[]) {
      const own = documented.filter((row) => row.provider === provider && row.operation === operation);
      const errors = own.filter((row) => 'error' in row.expect).length;
      expect({ operation, errors: errors > 0, successes: own.length > errors }).toEqual({
        operation,
        errors: true,
        successes: true,
      });
    }
  });

  it.each(providerNames)('provoke every code that the error tables of %s name', (provider) => {
    const tables = errorTables(providers[provider].contract);
    for (const [, rules] of tables) {
      // Operations that share a table share its codes: Huawei's has those of codes and of refresh tokens.
      const sharing = tables.filter(([, others]) => isDeepStrictEqual(others, rules));
      const provoked = sharing.flatMap(([operation]) => of(provider, operation).flatMap(codesOf));
      const named = rules.flatMap(({ code = [], subCode = [] }) => [code, subCode].flat());
      expect(provoked).toEqual(expect.arrayContaining(named.filter((code) => !code.endsWith('*'))));
    }
  });

  it('name no row twice', () => {
    const titles = rows.map(({ provider, operation, what }) => `${provider} ${operation}: ${what}`);
    expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
  });
});

describe('what the emulator made up', () => {
  const invented = inventedCodes();

  it('is read from its README', () => {
    expect(invented.length).toBeGreaterThanOrEqual(30);
    expect(invented).toEqual(
      expect.arrayContaining([
        { code: '400990013', subCode: undefined },
        { code: '403990001', subCode: undefined },
        { code: '400990022', subCode: undefined },
        { code: 'A107B901', subCode: undefined },
        { code: '1102', subCode: '29001' },
        { code: '1101', subCode: '29002' },
      ]),
    );
  });

  it.each(providerNames)('is in no error table of %s', (provider) => {
    for (const [operation, rules] of errorTables(providers[provider].contract)) {
      expect({ operation, invented: invented.filter((code) => names(rules, code)) }).toEqual({
        operation,
        invented: [],
      });
    }
  });

  it('would be found in a table', () => {
    expect(names([{ code: '1101', class: 'invalid_grant' }], { code: '1101', subCode: '29002' })).toBe(true);
    expect(names([{ code: '4009*', class: 'unknown' }], { code: '400990001', subCode: undefined })).toBe(
      true,
    );
  });
});

function of(provider: ProviderName, operation?: string): Row[] {
  return rows.filter(
    (row) => row.provider === provider && (operation === undefined || row.operation === operation),
  );
}

async function expectConformance(row: Row): Promise<void> {
  const { outcome, calls, printed, secrets } = await measure(world, row);
  expect(outcome).toEqual(pattern(row.expect));
  // Nothing is tried again on the quiet.
  expect(calls).toBeLessThanOrEqual(1);
  expect(secrets.filter((secret) => printed.includes(secret))).toEqual([]);
  passed.add(row);
}

/** The expectation with its patterns and placeholders as Jest matches them. */
function pattern(value: unknown): unknown {
  if (value instanceof RegExp) return expect.stringMatching(value);
  if (typeof value === 'string') return value.replace('{origin}', world.emulator.url);
  if (Array.isArray(value)) return value.map(pattern);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, pattern(member)]));
}
