import { BadRequestException, Controller, Get, Header, Inject, Query, Req } from '@nestjs/common';
import { type Request } from 'express';
import { JsTickets, type SignedPage } from 'nestjs-oauth-providers';
import { signedIn } from './session-user.js';

/** What a page of ours needs to use the platform's JavaScript. */
@Controller('api/js-config/yuanzhibang')
export class JsConfigController {
  constructor(@Inject(JsTickets) private readonly tickets: JsTickets) {}

  @Get()
  @Header('Cache-Control', 'no-store')
  sign(@Req() request: Request, @Query('url') url?: unknown): Promise<SignedPage> {
    signedIn(request);
    if (typeof url !== 'string') throw new BadRequestException('Name the page in the parameter url.');
    return this.tickets.sign('yuanzhibang', url);
  }
}
