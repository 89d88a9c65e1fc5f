import type * as NestPassport from '@nestjs/passport';

// That the package is missing is said at the start. Loading it can wait for the first login.
import.meta.resolve('@nestjs/passport');

let loading: Promise<typeof NestPassport> | undefined;

/** What guards of Passport strategies are made with: loaded for the first login, or a moment after the start. */
export function nestPassport(): Promise<typeof NestPassport> {
  return (loading ??= import('@nestjs/passport'));
}
