import { type z as Zod } from 'zod';
import { type ProviderContract } from './contract.js';
import { OAuthConfigurationError } from './errors.js';
import { isWebUrl, namePattern, scopePattern } from './plain-options.js';
import { Secret } from './secret.js';
import { once, zod } from './zod.js';

/** Made for each look at it: it knows the credentials by the platform's own names. */
function optionsSchema(z: typeof Zod, { id, secret }: ProviderContract['credentials']): Zod.ZodType {
  const credential = z.string().min(1, { error: 'must not be empty' });
  return z.strictObject({
    name: z.string().regex(namePattern).optional(),
    scope: z
      .array(
        z.string().regex(scopePattern, {
          error: 'must be scope tokens without blanks (RFC 6749 §3.3)',
        }),
      )
      .optional(),
    baseUrl: z.string().optional(),
    allowPrivateNetwork: z.boolean().optional(),
    timeoutMs: z.number().int().min(1).max(60_000).optional(),
    pkce: z.boolean().optional(),
    signingKey: z
      .strictObject({
        privateKey: z.instanceof(Secret),
        algorithm: z.string().regex(/^(RS|PS|ES)(256|384|512)$|^EdDSA$/),
        keyId: z.string().optional(),
      })
      .optional(),
    appTicket: z.custom<() => string>((value) => typeof value === 'function').optional(),
    signOrigins: z
      .array(
        z.string().refine((value) => URL.canParse(value) && new URL(value).origin === value, {
          error: 'must be an origin such as https://app.example.com',
        }),
      )
      .optional(),
    sdkUrl: z
      .string()
      .refine(isWebUrl, {
        error: 'must be an absolute http(s) URL',
      })
      .optional(),
    [id]: credential,
    ...(secret === null ? {} : { [secret]: credential }),
  });
}

/**
 * Checks the options of one client.
 * @throws OAuthConfigurationError that names the path of every mistake
 */
export function assertOptions({ name, credentials }: ProviderContract, options: object): void {
  const result = optionsSchema(zod(), credentials).safeParse(options, once);
  if (result.success) return;
  const mistakes = result.error.issues.map(
    (issue) => `${issue.path.map(String).join('.') || '(options)'}: ${issue.message}`,
  );
  throw new OAuthConfigurationError(
    `The options of the provider ${name} are not valid. ${mistakes.join('; ')}.`,
  );
}
