const maxLength = 200;

/**
 * Makes a platform's own words safe to log: what we sent as a secret is taken out, and so is every long run
 * of token characters, since a platform may quote a token we have not seen.
 */
export function safeMessage(text: string | undefined, secrets: readonly string[]): string | undefined {
  if (text === undefined) return undefined;
  const cleaned = formsOf(secrets)
    .reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
    .replace(/[A-Za-z0-9+/=_.~%-]{24,}/g, '[redacted]')
    // eslint-disable-next-line no-control-regex -- control characters forge log lines
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .trim();
  return cleaned.length > maxLength ? `${cleaned.slice(0, maxLength)}…` : cleaned;
}

/** A platform's error code is short, plain and nothing we sent as a secret, or it is not shown. */
export function safeCode(code: string | undefined, secrets: readonly string[]): string | undefined {
  if (code === undefined) return undefined;
  const quotesUs = formsOf(secrets).some((secret) => code.includes(secret));
  return /^[\w.:-]{1,64}$/.test(code) && !quotesUs ? code : '(unreadable)';
}

/** The spellings a secret may come back in, the longest first: a short one may be part of a long one. */
function formsOf(secrets: readonly string[]): string[] {
  return secrets
    .filter((secret) => secret.length > 3)
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .sort((left, right) => right.length - left.length);
}
