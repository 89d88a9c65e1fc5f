import { expand } from '../../core/randomness.js';
import { type DemoUser } from '../../core/users.js';

/** The one company all demo users belong to. */
export const companyId = expand('wps\ncompany', 9).toString('base64url');

/** A user as the tokens and the profile name it. */
export function identityOf(user: DemoUser): { id: string; company_id: string } {
  return { id: expand(`wps\nuser\n${user.key}`, 12).toString('base64url'), company_id: companyId };
}
