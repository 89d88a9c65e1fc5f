import { createHash, timingSafeEqual } from 'node:crypto';
import {
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Header,
  Inject,
  Injectable,
  NotFoundException,
  Param,
  UnauthorizedException,
  UseGuards,
} from '@nestjs/common';
import { type Request } from 'express';
import { OAuthConfigurationError, OAuthProviderError, OAuthTokens } from 'nestjs-oauth-providers';
import { SampleConfig } from '../config/sample-config.js';

/** Lets those in who show the broker's key; without one configured, nobody. */
@Injectable()
export class BrokerGuard implements CanActivate {
  constructor(@Inject(SampleConfig) private readonly config: SampleConfig) {}

  canActivate(context: ExecutionContext): boolean {
    const { brokerKey } = this.config;
    const { authorization = '' } = context.switchToHttp().getRequest<Request>().headers;
    const shown = /^Bearer (.+)$/i.exec(authorization)?.[1];
    if (brokerKey === undefined || shown === undefined || !sameKey(shown, brokerKey)) {
      throw new UnauthorizedException('Show the broker key as a bearer token.');
    }
    return true;
  }
}

/** One place talks to the platforms; every other service asks it. */
@Controller('broker')
@UseGuards(BrokerGuard)
export class BrokerController {
  constructor(@Inject(OAuthTokens) private readonly tokens: OAuthTokens) {}

  @Get('tokens/:provider/app')
  @Header('Cache-Control', 'no-store')
  async app(@Param('provider') provider: string): Promise<{ accessToken: string; expiresAt: string }> {
    const { accessToken, expiresAt } = await known(() => this.tokens.forApp(provider));
    return { accessToken: accessToken.reveal(), expiresAt: new Date(expiresAt).toISOString() };
  }

  @Get('tickets/:provider/:type')
  @Header('Cache-Control', 'no-store')
  async ticket(
    @Param('provider') provider: string,
    @Param('type') type: string,
  ): Promise<{ ticket: string; expiresAt: string }> {
    const { accessToken, expiresAt } = await known(() => this.tokens.ticket(provider, type));
    return { ticket: accessToken.reveal(), expiresAt: new Date(expiresAt).toISOString() };
  }
}

/** A provider or a kind of token that does not exist is a 404 to whoever asks for it by URL. */
async function known<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const missing =
      error instanceof OAuthConfigurationError ||
      (error instanceof OAuthProviderError &&
        error.errorClass === 'invalid_request' &&
        error.fate === 'not_sent');
    if (missing) throw new NotFoundException('There is no such token.');
    throw error;
  }
}

function sameKey(shown: string, key: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(shown), hash(key));
}
