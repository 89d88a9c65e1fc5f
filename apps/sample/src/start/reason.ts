import { OAuthConfigurationError } from 'nestjs-oauth-providers';
import { ConfigError } from '../config/config-error.js';

/** Why the sample did not start: a sentence for a setting, the whole story for a fault of our own. */
export function reasonOf(error: unknown): string {
  if (error instanceof ConfigError || error instanceof OAuthConfigurationError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : 'The sample did not start.';
}
