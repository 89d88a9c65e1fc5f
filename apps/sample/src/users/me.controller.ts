import { Controller, Get, Header, Inject, Req, UnauthorizedException } from '@nestjs/common';
import { type Request } from 'express';
import { type UserAnswer } from './account.js';
import { identityOf } from './identity.js';
import { UserDirectory } from './user-directory.js';

interface MeAnswer {
  readonly user: UserAnswer;
  readonly accounts: readonly (UserAnswer & { readonly linkedAt: string })[];
}

/** The signed-in user, for programs. */
@Controller('api/me')
export class MeController {
  constructor(@Inject(UserDirectory) private readonly users: UserDirectory) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  async me(@Req() request: Request): Promise<MeAnswer> {
    const identity = identityOf(request);
    const account = identity && (await this.users.find(identity));
    if (account === undefined) throw new UnauthorizedException('Nobody is signed in.');
    const user = account.toJSON();
    return { user, accounts: [{ ...user, linkedAt: account.linkedAt }] };
  }
}
