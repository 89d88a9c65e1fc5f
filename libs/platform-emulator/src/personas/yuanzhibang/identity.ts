import { expand } from '../../core/randomness.js';
import { type DemoUser } from '../../core/users.js';

/** The user within one app: base64 of base64, without padding, 230 characters, as in the document's example. */
export function openIdOf(user: DemoUser, appId: string): string {
  const inner = expand(`yuanzhibang\nopen_id\n${appId}\n${user.key}`, 128).toString('base64');
  return Buffer.from(inner).toString('base64').replace(/=+$/, '');
}
