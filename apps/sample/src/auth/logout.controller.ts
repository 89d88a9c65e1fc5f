import { Controller, Header, Inject, Logger, Post, Query, Req, Res } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { OAuthTokens, prefersJson } from 'nestjs-oauth-providers';
import { SampleConfig } from '../config/sample-config.js';
import { type Identity, identityOf } from '../users/identity.js';
import { sessionCookie } from '../session/session.middleware.js';

/** Signs out. By POST only: a link or an image on another page must not do it. */
@Controller('auth/logout')
export class LogoutController {
  private readonly logger = new Logger('Logout');

  constructor(
    @Inject(SampleConfig) private readonly config: SampleConfig,
    @Inject(OAuthTokens) private readonly tokens: OAuthTokens,
  ) {}

  @Post()
  @Header('Cache-Control', 'no-store')
  async logout(
    @Req() request: Request,
    @Res() response: Response,
    @Query('revoke') revoke?: string,
  ): Promise<void> {
    const identity = identityOf(request);
    if (revoke === '1' && identity !== undefined) await this.revoke(identity);
    await destroy(request);
    const { name, attributes } = sessionCookie(this.config.publicUrl.secure);
    response.clearCookie(name, attributes);
    if (prefersJson(request)) response.status(204).end();
    else response.redirect(303, '/');
  }

  /** Whatever the platform says, nobody stays signed in because of it. */
  private async revoke({ provider, subject }: Identity): Promise<void> {
    try {
      await this.tokens.revoke(provider, subject);
    } catch (error) {
      this.logger.warn(error instanceof Error ? error.message : 'the grant could not be revoked');
    }
  }
}

function destroy(request: Request): Promise<void> {
  return new Promise((resolve, reject) => {
    request.session.destroy((error: unknown) => {
      if (error === undefined || error === null) resolve();
      else reject(error instanceof Error ? error : new Error('the session could not be removed'));
    });
  });
}
