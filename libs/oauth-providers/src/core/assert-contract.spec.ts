import { describe, expect, it } from '@jest/globals';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clients } from '../testing-support/clients.js';
import { input, type ProviderContract } from './contract.js';
import { assertContract } from './assert-contract.js';
import { OAuthConfigurationError } from './errors.js';

/** A contract with one value changed. `undefined` takes it away. */
function broken(contract: ProviderContract, path: string, value: unknown): ProviderContract {
  const copy = clone(contract) as Record<string, unknown>;
  const names = path.split('.');
  const last = names.pop() ?? '';
  let place = copy;
  for (const name of names) place = place[name] as Record<string, unknown>;
  if (value === undefined) Reflect.deleteProperty(place, last);
  else place[last] = value;
  return copy as unknown as ProviderContract;
}

/** A deep copy that leaves regular expressions as they are. */
function clone(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clone);
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, clone(member)]));
}

const { huawei, wps, yuanzhibang, anyweb } = {
  huawei: clients.huawei.contract,
  wps: clients.wps.contract,
  yuanzhibang: clients.yuanzhibang.contract,
  anyweb: clients.anyweb.contract,
};
const exchange = 'operations.exchange';

describe('assertContract', () => {
  it('is asked here about every contract that no start asks it about', async () => {
    const folder = join(import.meta.dirname, '../providers');
    const sources = (await readdir(folder)).filter((file) => !file.endsWith('.spec.ts'));
    const texts = await Promise.all(sources.map((file) => readFile(join(folder, file), 'utf8')));
    const shipped = sources.filter((_, index) => texts[index]?.includes('shippedProvider('));
    expect(shipped.sort()).toEqual(['anyweb.ts', 'huawei.ts', 'wps.ts', 'yuanzhibang.ts']);
  });

  it.each(Object.entries({ huawei, wps, yuanzhibang, anyweb }))(
    'finds nothing wrong with %s',
    (_, contract) => {
      expect(() => assertContract(clone(contract) as ProviderContract)).not.toThrow();
    },
  );

  it.each<[ProviderContract, string, unknown, string?]>([
    [wps, 'name', 'WPS'],
    [wps, 'name', ''],
    [wps, 'name', 'a'.repeat(33)],
    [wps, 'name', '-wps'],
    [wps, 'title.zh', undefined],
    [wps, 'title.en', ''],
    [wps, 'credentials.id', ''],
    [wps, 'defaultScope', 'openid'],
    [wps, 'subjectFrom', 'cookie'],
    [wps, 'login', undefined],
    [wps, 'login.kind', 'popup'],
    [wps, 'login.authorizationUrl', '/oauth2/auth'],
    [wps, 'login.authorizationUrl', 'ftp://openapi.wps.cn/'],
    [wps, 'login.pkce', 'plain'],
    [wps, 'login.responseMode', 'fragment'],
    [wps, 'login.scopeSeparator', ''],
    [wps, 'login.codeLifetime', 0],
    [wps, 'login.callback.code', []],
    [wps, 'login.callback.repairCode', 'always'],
    [wps, 'login.callback.issuer', { value: 'x', presence: 'maybe' }, 'login.callback.issuer.presence'],
    [anyweb, 'login.bridge', 'other'],
    [anyweb, 'login.codeLifetime', -1],
    [wps, 'operations.exchange', undefined],
    [wps, `${exchange}.request.method`, 'PUT'],
    [wps, `${exchange}.request.method`, 'GET', `${exchange}.request.encoding`],
    [wps, `${exchange}.request.encoding`, 'xml'],
    [wps, `${exchange}.request.url`, 'openapi.wps.cn'],
    [wps, `${exchange}.request.params.code`, { input: 'cod' }],
    [wps, `${exchange}.request.params.code`, null],
    [wps, `${exchange}.request.sign`, ['hmac'], `${exchange}.request.sign.0`],
    [wps, `${exchange}.reply.decode`, 'xml'],
    [wps, `${exchange}.reply.success`, { exists: 'a' }],
    [wps, `${exchange}.reply.success`, { all: [] }, `${exchange}.reply.success.all`],
    [wps, `${exchange}.reply.fields.accessToken`, []],
    [wps, `${exchange}.reply.fields.defaultLifetime`, 0],
    [wps, `${exchange}.reply.fields.defaultLifetime`, undefined],
    [
      wps,
      `${exchange}.reply.fields.expires`,
      [{ path: 'x', unit: 'minutes' }],
      `${exchange}.reply.fields.expires.0.unit`,
    ],
    [
      wps,
      `${exchange}.reply.fields.scope`,
      { path: 'scope', separator: '' },
      `${exchange}.reply.fields.scope.separator`,
    ],
    [wps, `${exchange}.errors`, [{ class: 'transient' }], `${exchange}.errors.0`],
    [wps, `${exchange}.errors`, [{ code: '1', class: 'fatal' }], `${exchange}.errors.0.class`],
    // A regular expression with a memory answers differently every second time.
    [wps, `${exchange}.errors`, [{ message: /x/g, class: 'transient' }], `${exchange}.errors.0`],
    [wps, `${exchange}.errors`, [{ message: /x/y, class: 'transient' }], `${exchange}.errors.0`],
    [huawei, 'idToken.algorithms', ['none'], 'idToken.algorithms.0'],
    [huawei, 'idToken.algorithms', ['HS256'], 'idToken.algorithms.0'],
    [huawei, 'idToken.algorithms', []],
    [huawei, 'idToken.jwksUrl', 'certs'],
    [huawei, 'idToken.nonce', 'never'],
    // Parts that do not agree with each other.
    [huawei, 'idToken', undefined],
    [huawei, `${exchange}.reply.fields.idToken`, undefined],
    [anyweb, `${exchange}.reply.fields.subject`, undefined],
    [wps, 'operations.profile.reply.fields.subject', undefined],
    [wps, 'operations.profile', undefined, 'operations.profile.reply.fields.subject'],
    [yuanzhibang, 'operations.appToken', undefined],
  ])('names the path of a mistake: %#', (contract, path, value, named = path) => {
    const check = () => assertContract(broken(contract, path, value));
    expect(check).toThrow(OAuthConfigurationError);
    expect(check).toThrow(`The provider contract ${broken(contract, path, value).name} is not valid.`);
    expect(check).toThrow(new RegExp(`[.;] ${named.replaceAll('.', '\\.')}: `));
  });

  it('refuses words the vocabulary does not have, wherever they stand', () => {
    for (const path of ['refreshes', 'login.statee', `${exchange}.requests`, `${exchange}.request.body`]) {
      expect(() => assertContract(broken(wps, path, 'x'))).toThrow(new RegExp(path.split('.').at(-1) ?? ''));
    }
  });

  it('names all mistakes at once', () => {
    const contract = broken(broken(wps, 'login.pkce', 'plain'), 'title.zh', '');
    expect(() => assertContract(contract)).toThrow(/title\.zh: .*login\.pkce: /);
  });

  it('misses the app token wherever one is asked for', () => {
    const without = broken(anyweb, 'operations.appToken', undefined);
    const place = 'operations.exchange.request';
    for (const [path, value] of [
      [`${place}.params.t`, input('appToken')],
      [`${place}.query`, { t: input('appToken') }],
      [`${place}.headers`, { 'X-T': input('appToken') }],
      [`${place}.bearer`, 'appToken'],
    ] as const) {
      const contract = broken(without, path, value);
      expect(() => assertContract(contract)).toThrow(/operations\.appToken: is missing/);
    }
  });
});
