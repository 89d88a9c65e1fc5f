import { addressesOf, unionidOf } from './identity.js';
import { type AnywebToken } from './tokens.js';
import { type Site } from '../../core/persona.js';
import { avatarUrl } from '../../pages/avatar.js';

/** The scopes to answer with: all that were granted, or fewer when asked; undefined when more is asked than granted. */
export function answeredScopes(token: AnywebToken, asked: unknown): readonly string[] | undefined {
  if (!token.scopes.includes('baseInfo')) return undefined;
  if (!Array.isArray(asked) || asked.length === 0) return token.scopes;
  const scopes: readonly unknown[] = asked;
  const isGranted =
    scopes.includes('baseInfo') && scopes.every((scope) => token.scopes.includes(String(scope)));
  return isGranted ? scopes.map(String) : undefined;
}

/** What the user info endpoint tells about a user; G1 knew a nickname and a picture, the later generations do not. */
export function userInfo(
  { user, network, generation }: AnywebToken,
  scopes: readonly string[],
  site: Site,
): Readonly<Record<string, unknown>> {
  return {
    unionid: unionidOf(user),
    addressList: addressesOf(user, network),
    network,
    scopes,
    phone: user.phone,
    level: user.identity ? 1 : 0,
    ...(scopes.includes('identity') && user.identity),
    ...(generation === 'G1' && {
      nickName: user.name,
      headImg: avatarUrl(site.origin, 'anyweb', user) ?? '',
    }),
  };
}
