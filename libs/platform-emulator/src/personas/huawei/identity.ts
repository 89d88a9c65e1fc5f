import { expand } from '../../core/randomness.js';
import { type DemoUser } from '../../core/users.js';

/** OpenID is the user within one app, UnionID within all apps of a developer. Both are case-sensitive. */
export function identityOf(user: DemoUser, clientId: string): { openID: string; unionID: string } {
  return {
    openID: expand(`huawei\nopenid\n${clientId}\n${user.key}`, 36).toString('base64'),
    unionID: expand(`huawei\nunionid\n${user.key}`, 36).toString('base64'),
  };
}

/** Whether name and picture were granted. */
export function hasProfile(scopes: readonly string[]): boolean {
  return scopes.includes('profile') || scopes.includes('https://www.huawei.com/auth/account/base.profile');
}
