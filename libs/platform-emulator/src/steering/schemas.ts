import { z } from 'zod';
import { faultKinds, faultTimes } from '../core/faults.js';
import { generations } from '../core/generation.js';
import { revocable } from '../core/grants.js';
import { type ProviderName, providerNames } from '../core/provider-name.js';
import { findUser } from '../core/users.js';

const text = z.string().min(1);
const userKey = text.refine((key) => findUser(key) !== undefined, 'is not a demo user');

const plainCode = z.strictObject({
  user: userKey.optional(),
  scopes: z.array(text).optional(),
  generation: z.enum(generations).optional(),
  clientId: text.optional(),
});
const codeWithoutGeneration = plainCode.extend({
  generation: z
    .enum(generations)
    .refine(() => false, 'only anyweb has generations')
    .optional(),
});

/** The body of `POST /__emulator/codes/:provider`. */
export function codeSchema(provider: ProviderName) {
  return provider === 'anyweb' ? plainCode : codeWithoutGeneration;
}

/** The body of `POST /__emulator/faults`. */
export const faultSchema = z.strictObject({
  provider: z.enum(providerNames),
  path: text
    .refine((path) => path.startsWith('/') && !path.includes('?'), 'must be a path without a query')
    .refine((path) => !path.startsWith('/__emulator'), 'must be a path of the platform')
    .optional(),
  times: z.int().min(1),
  fault: z
    .strictObject({
      kind: z.enum(faultKinds),
      when: z.enum(faultTimes).optional(),
      status: z.int().min(200).max(999).optional(),
      body: z.unknown().optional(),
      ms: z.int().min(1).max(600_000).optional(),
      headers: z.record(z.string().regex(/^[\w-]+$/), z.string().regex(/^[\t\x20-\x7e]*$/)).optional(),
    })
    .refine(
      (fault) => fault.kind !== 'redirect' || fault.body === undefined || typeof fault.body === 'string',
      {
        path: ['body'],
        message: 'must be the location to redirect to',
      },
    ),
});

/** The body of `POST /__emulator/revoke/:provider`. */
export const revokeSchema = z
  .strictObject({ user: userKey.optional(), what: z.enum(revocable).default('grant') })
  .refine(({ user, what }) => what !== 'app' || user === undefined, {
    path: ['user'],
    message: 'must be left out: what belongs to an app has no user',
  });

/** The body of `POST /__emulator/app-tickets/wps`. */
export const appTicketSchema = z.strictObject({ clientId: text });

/** The body of `POST /__emulator/clock`. */
export const clockSchema = z.strictObject({
  advanceSeconds: z.number().min(0).max(10_000_000_000),
});

/** What is wrong with a body, and where. */
export interface Flaw {
  readonly field: string;
  readonly detail: string;
}

/** Checks a value; of several flaws the first is named. */
export function check<T>(schema: z.ZodType<T>, value: unknown): { value: T } | { flaw: Flaw } {
  const result = schema.safeParse(value);
  if (result.success) return { value: result.data };
  const issue = result.error.issues[0];
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const field = [...(issue?.path ?? []), ...unknown].join('.') || 'body';
  return { flaw: { field, detail: `${field}: ${issue?.message ?? 'is invalid'}` } };
}
