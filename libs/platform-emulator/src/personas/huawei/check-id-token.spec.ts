import { expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { checkIdToken } from './check-id-token.js';
import { SigningKeys } from './signing-keys.js';

it('tells a wrong issuer from a wrong signature and from a wrong algorithm', async () => {
  const keys = new SigningKeys({ now: () => 0 });
  const { keyId, privateKey } = await keys.today();
  const sign = (alg: string, iss: string) =>
    new SignJWT({ iss, exp: 100 }).setProtectedHeader({ alg, kid: keyId }).sign(privateKey);
  const check = async (text: string) => checkIdToken(text, await keys.published(), 99);

  const huawei = 'https://accounts.huawei.com';
  expect(await check(await sign('PS256', huawei))).toMatchObject({ claims: { iss: huawei, kid: keyId } });
  expect(await check(await sign('RS256', 'https://attacker.example'))).toEqual({ failure: 'idTokenIssuer' });
  expect(await check(await sign('RS512', huawei))).toEqual({ failure: 'idTokenUnverified' });
});
