import { Controller, Get, Header, Inject, Query, Req } from '@nestjs/common';
import { type Request } from 'express';
import { languageOf } from 'nestjs-oauth-providers';
import { identityOf } from '../users/identity.js';
import { UserDirectory } from '../users/user-directory.js';
import { HomePages } from './home-pages.js';

/** The front door: the login page, or the account page for those who are signed in. */
@Controller()
export class HomeController {
  constructor(
    @Inject(UserDirectory) private readonly users: UserDirectory,
    @Inject(HomePages) private readonly pages: HomePages,
  ) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  @Header('Content-Type', 'text/html; charset=utf-8')
  async home(@Req() request: Request, @Query('returnTo') returnTo: unknown): Promise<string> {
    const identity = identityOf(request);
    const account = identity && (await this.users.find(identity));
    const language = languageOf(request);
    return account === undefined
      ? this.pages.login(language, returnTo)
      : this.pages.account(language, account);
  }
}
