import { NotFoundException, UnauthorizedException } from '@nestjs/common';
import { type Request } from 'express';
import { type Identity, identityOf } from '../users/identity.js';

/** @throws UnauthorizedException when nobody is signed in */
export function signedIn(request: Request): Identity {
  const identity = identityOf(request);
  if (identity === undefined) throw new UnauthorizedException('Nobody is signed in.');
  return identity;
}

/** @throws NotFoundException when the signed-in user has no account there */
export function accountAt(request: Request, provider: string): Identity {
  const identity = signedIn(request);
  if (identity.provider !== provider) throw new NotFoundException('There is no account of yours there.');
  return identity;
}
