/** A setting with which the sample cannot start. The message is one sentence: which variable, and the fix. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
