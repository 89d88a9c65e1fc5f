import { type z as Zod } from 'zod';
import { errorClasses } from './errors.js';
import { isWebUrl, namePattern } from './plain-options.js';

/** What a contract must look like; made with the validator, so that only who needs it loads it. */
export function contractSchema(z: typeof Zod): Zod.ZodType {
  const httpsUrl = z.string().refine(isWebUrl, { error: 'must be an absolute URL' });
  const path = z.string();
  const paths = z.array(path).min(1, { error: 'must name at least one path' });
  const seconds = z.number().positive();

  const inputName = z.enum([
    'clientId',
    'clientSecret',
    'redirectUri',
    'scope',
    'state',
    'nonce',
    'codeChallenge',
    'codeChallengeMethod',
    'code',
    'codeVerifier',
    'accessToken',
    'refreshToken',
    'appToken',
    'ticket',
    'token',
    'tokenType',
    'subject',
    'tenant',
  ]);
  const param = z.union([
    z.string(),
    z.number(),
    z.boolean(),
    z.array(z.string()),
    z.strictObject({ input: inputName, optional: z.literal(true).optional() }),
  ]);
  const params = z.record(z.string(), param);

  const condition: Zod.ZodType = z.lazy(() =>
    z.union([
      z.strictObject({ all: z.array(condition).min(1) }),
      z.strictObject({ any: z.array(condition).min(1) }),
      z.strictObject({ present: path }),
      z.strictObject({ absent: path }),
      z.strictObject({ equals: z.tuple([path, z.union([z.string(), z.number()])]) }),
      z.strictObject({ ok: z.literal(true) }),
    ]),
  );

  const errorFields = z.strictObject({
    code: paths.optional(),
    subCode: paths.optional(),
    message: paths.optional(),
  });
  const codes = z.union([z.string(), z.array(z.string()).min(1)]);
  const errorRule = z
    .strictObject({
      code: codes.optional(),
      subCode: codes.optional(),
      status: z.union([z.number().int(), z.array(z.number().int()).min(1)]).optional(),
      message: z.instanceof(RegExp).optional(),
      class: z.enum(errorClasses),
    })
    .refine((rule) => Object.keys(rule).length > 1, {
      error: 'must match on code, subCode, status or message',
    })
    .refine((rule) => rule.message === undefined || !/[gy]/.test(rule.message.flags), {
      error: 'must not use a stateful regular expression (flags g or y)',
    });

  const timeFields = z.array(
    z.strictObject({ path, unit: z.enum(['seconds', 'stamp', 'stamp-ms', 'seconds-or-stamp']) }),
  );
  const scopeField = z.strictObject({ path, separator: z.string().min(1) });
  const tokenFields = z.strictObject({
    accessToken: paths,
    tokenType: paths.optional(),
    expires: timeFields,
    defaultLifetime: seconds,
    refreshToken: paths.optional(),
    refreshExpires: timeFields.optional(),
    idToken: paths.optional(),
    scope: scopeField.optional(),
    subject: paths.optional(),
  });
  const profileFields = z.strictObject({
    subject: paths.optional(),
    displayName: paths.optional(),
    avatarUrl: paths.optional(),
  });
  const introspectionFields = z.strictObject({
    expires: timeFields.optional(),
    subject: paths.optional(),
    clientId: paths.optional(),
    scope: scopeField.optional(),
  });

  const request = z
    .strictObject({
      method: z.enum(['GET', 'POST']),
      url: httpsUrl,
      encoding: z.enum(['query', 'form', 'json', 'multipart']),
      params,
      query: params.optional(),
      headers: params.optional(),
      bearer: z.enum(['accessToken', 'appToken']).optional(),
      sign: z.array(z.enum(['client_secret_basic', 'private_key_jwt', 'alipay_rsa2'])).optional(),
    })
    .refine((value) => value.method === 'POST' || value.encoding === 'query', {
      error: 'a GET request has no body, so its encoding must be query',
      path: ['encoding'],
    });

  function operation(fields: Zod.ZodType): Zod.ZodType {
    return z.strictObject({
      request,
      reply: z.strictObject({
        decode: z.enum(['json', 'urlencoded', 'jsonp']),
        success: condition,
        nothing: condition.optional(),
        payload: path.optional(),
        fields,
        error: errorFields,
      }),
      errors: z.array(errorRule),
    });
  }

  const redirectLogin = z.strictObject({
    kind: z.literal('redirect'),
    authorizationUrl: httpsUrl,
    params,
    suffix: z.string().optional(),
    scopeSeparator: z.string().min(1),
    pkce: z.enum(['S256', 'none']),
    responseMode: z.enum(['query', 'form_post']),
    callback: z.strictObject({
      code: paths,
      repairCode: z.literal('space-to-plus').optional(),
      error: errorFields,
      errors: z.array(errorRule),
      issuer: z.strictObject({ value: z.string(), presence: z.enum(['if-present', 'required']) }).optional(),
    }),
    codeLifetime: seconds,
  });

  const handoffLogin = z.strictObject({
    kind: z.literal('handoff'),
    bridge: z.enum(['anyweb', 'yuanzhibang', 'generic']),
    bridgeParams: z.record(z.string(), z.unknown()).optional(),
    frames: z.array(httpsUrl).optional(),
    scopeSeparator: z.string().min(1),
    codeLifetime: seconds.nullable(),
  });

  /** Names of all operations, for the quotas. */
  const operationNames = z.enum([
    'exchange',
    'refresh',
    'appToken',
    'ticket',
    'identity',
    'profile',
    'renewRefreshToken',
    'introspect',
    'revoke',
  ]);

  const renewal = z.strictObject({
    policy: z.enum(['none', 'keep', 'rotate', 'rotate-or-keep', 'extend-same', 'separate-renew']),
    lostReply: z.enum(['retry', 'retry-late', 'never']).optional(),
    maxRenewals: z.number().int().positive().optional(),
    overlap: seconds.optional(),
  });

  const timeZone = z
    .string()
    .refine((zone) => Intl.supportedValuesOf('timeZone').includes(zone) || zone === 'UTC', {
      error: 'must be a time zone such as Asia/Shanghai',
    });
  const quota = z.strictObject({
    operations: z.array(operationNames).min(1),
    limit: z.number().int().positive(),
    window: z.union([z.strictObject({ dayIn: timeZone }), z.strictObject({ seconds })]),
  });

  return z.strictObject({
    name: z.string().regex(namePattern, {
      error: 'must be 1 to 32 lower-case letters, digits or hyphens and start with a letter',
    }),
    title: z.strictObject({ en: z.string().min(1), zh: z.string().min(1) }),
    credentials: z.strictObject({ id: z.string().min(1), secret: z.string().min(1).nullable() }),
    defaultScope: z.array(z.string().min(1)),
    login: z.discriminatedUnion('kind', [redirectLogin, handoffLogin]),
    operations: z.strictObject({
      exchange: operation(tokenFields),
      refresh: operation(tokenFields).optional(),
      appToken: operation(tokenFields).optional(),
      ticket: operation(tokenFields).optional(),
      identity: operation(profileFields).optional(),
      profile: operation(profileFields).optional(),
      renewRefreshToken: operation(tokenFields).optional(),
      introspect: operation(introspectionFields).optional(),
      revoke: operation(z.strictObject({})).optional(),
    }),
    subjectFrom: z.enum(['idToken', 'tokens', 'identity', 'profile']),
    idToken: z
      .strictObject({
        issuer: z.string().min(1),
        jwksUrl: httpsUrl,
        algorithms: z
          .array(
            z
              .string()
              .regex(/^(RS|PS|ES)(256|384|512)$|^EdDSA$/, { error: 'must be an asymmetric JWS algorithm' }),
          )
          .min(1),
        nonce: z.enum(['required', 'if-present']),
        scope: z.string().min(1),
        jwksMaxAge: seconds,
        displayName: paths.optional(),
        avatarUrl: paths.optional(),
      })
      .optional(),
    renewal: renewal.optional(),
    quotas: z.array(quota).min(1).optional(),
    pageSignature: z
      .strictObject({
        ticketType: z.string().min(1),
        pairs: z.array(z.tuple([z.string(), z.enum(['ticket', 'nonce', 'timestamp', 'url'])])).min(1),
        drop: z.array(z.enum(['query', 'fragment', 'trailing-slash'])),
        output: z.record(z.string(), z.enum(['clientId', 'timestamp', 'nonce', 'signature', 'url'])),
      })
      .optional(),
  });
}
