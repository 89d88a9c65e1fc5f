import { contractSchema } from './contract.schema.js';
import { type ProviderContract } from './contract.js';
import { OAuthConfigurationError } from './errors.js';
import { once, zod } from './zod.js';

let schema: ReturnType<typeof contractSchema> | undefined;

/**
 * Checks a contract and the parts of it that must agree with each other.
 * @throws OAuthConfigurationError that names the path of every mistake
 */
export function assertContract(value: ProviderContract): void {
  const result = (schema ??= contractSchema(zod())).safeParse(value, once);
  const mistakes = result.success
    ? disagreements(value)
    : result.error.issues.map(
        (issue) => `${issue.path.map(String).join('.') || '(contract)'}: ${issue.message}`,
      );
  if (mistakes.length > 0) {
    const name = typeof value.name === 'string' ? value.name : 'without a name';
    throw new OAuthConfigurationError(`The provider contract ${name} is not valid. ${mistakes.join('; ')}.`);
  }
}

function disagreements(value: ProviderContract): string[] {
  const mistakes: string[] = [];
  const { exchange, profile } = value.operations;
  if (value.subjectFrom === 'idToken' && value.idToken === undefined) {
    mistakes.push('idToken: is missing, although subjectFrom says that the subject comes from it');
  }
  if (value.idToken !== undefined && exchange.reply.fields.idToken === undefined) {
    mistakes.push(
      'operations.exchange.reply.fields.idToken: is missing, although idToken says how to verify it',
    );
  }
  if (value.subjectFrom === 'tokens' && exchange.reply.fields.subject === undefined) {
    mistakes.push('operations.exchange.reply.fields.subject: is missing, although subjectFrom is "tokens"');
  }
  if (value.subjectFrom === 'identity' && value.operations.identity?.reply.fields.subject === undefined) {
    mistakes.push('operations.identity.reply.fields.subject: is missing, although subjectFrom is "identity"');
  }
  if (value.subjectFrom === 'profile' && profile?.reply.fields.subject === undefined) {
    mistakes.push('operations.profile.reply.fields.subject: is missing, although subjectFrom is "profile"');
  }
  if (needsAppToken(value) && value.operations.appToken === undefined) {
    mistakes.push('operations.appToken: is missing, although another operation needs the app token');
  }
  return mistakes;
}

function needsAppToken(value: ProviderContract): boolean {
  return Object.values(value.operations).some(
    (operation: ProviderContract['operations']['exchange'] | undefined) =>
      operation !== undefined && requestInputs(operation.request).includes('appToken'),
  );
}

/** The inputs a request asks for. */
export function requestInputs(spec: ProviderContract['operations']['exchange']['request']): string[] {
  const named = [spec.params, spec.query ?? {}, spec.headers ?? {}]
    .flatMap((part) => Object.values(part))
    .flatMap((part) => (typeof part === 'object' && 'input' in part ? [part.input] : []));
  return spec.bearer === undefined ? named : [...named, spec.bearer];
}
