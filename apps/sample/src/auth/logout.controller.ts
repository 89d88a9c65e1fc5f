import { Controller, Header, Inject, Post, Req, Res } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { prefersJson } from 'nestjs-oauth-providers';
import { SampleConfig } from '../config/sample-config.js';
import { sessionCookie } from '../session/session.middleware.js';

/** Signs out. By POST only: a link or an image on another page must not do it. */
@Controller('auth/logout')
export class LogoutController {
  constructor(@Inject(SampleConfig) private readonly config: SampleConfig) {}

  @Post()
  @Header('Cache-Control', 'no-store')
  async logout(@Req() request: Request, @Res() response: Response): Promise<void> {
    await destroy(request);
    const { name, attributes } = sessionCookie(this.config.publicUrl.secure);
    response.clearCookie(name, attributes);
    if (prefersJson(request)) response.status(204).end();
    else response.redirect(303, '/');
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
