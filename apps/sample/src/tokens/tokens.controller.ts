import {
  Controller,
  Get,
  Header,
  HttpCode,
  Inject,
  NotFoundException,
  Param,
  Post,
  Req,
} from '@nestjs/common';
import { type Request } from 'express';
import { OAuthProviderError, OAuthTokens, type TokenStatus } from 'nestjs-oauth-providers';
import { NoLiveTokenError } from './no-live-token.error.js';
import { accountAt, signedIn } from './session-user.js';

/** How a token fares, as programs read it; never its value. */
export interface TokenAnswer {
  readonly provider: string;
  readonly kind: string;
  readonly state: string;
  readonly cause: { readonly errorClass: string; readonly platformCode?: string } | null;
  readonly expiresAt: string | null;
  readonly refreshExpiresAt: string | null;
  readonly renewsAt: string | null;
  readonly failures: number;
}

/** The tokens of the signed-in user. */
@Controller('api')
export class TokensController {
  constructor(@Inject(OAuthTokens) private readonly tokens: OAuthTokens) {}

  @Get('tokens')
  @Header('Cache-Control', 'no-store')
  async list(@Req() request: Request): Promise<{ tokens: TokenAnswer[] }> {
    const statuses = await this.tokens.list(signedIn(request));
    return { tokens: statuses.map(answerOf) };
  }

  @Post('tokens/:provider/refresh')
  @HttpCode(200)
  @Header('Cache-Control', 'no-store')
  async refresh(@Req() request: Request, @Param('provider') provider: string): Promise<TokenAnswer> {
    const { subject } = accountAt(request, provider);
    const status = await this.tokens.refreshNow(provider, { kind: 'user', subject });
    if (status === undefined) throw new NotFoundException('There is no token of yours there.');
    return answerOf(status);
  }

  @Get('providers/:provider/profile')
  @Header('Cache-Control', 'no-store')
  async profile(@Req() request: Request, @Param('provider') provider: string): Promise<unknown> {
    const { subject } = accountAt(request, provider);
    try {
      return await this.tokens.profile(provider, subject);
    } catch (error) {
      if (!(error instanceof OAuthProviderError)) throw error;
      const status = await this.tokens.status(provider, { kind: 'user', subject });
      throw NoLiveTokenError.from(error, status) ?? error;
    }
  }
}

/** Times are RFC 3339 in UTC. */
export function answerOf(status: TokenStatus): TokenAnswer {
  const { provider, kind, state, cause, failures } = status;
  const code = cause?.platformCode;
  return {
    provider,
    kind,
    state,
    cause:
      cause === null
        ? null
        : { errorClass: cause.errorClass, ...(code === undefined ? {} : { platformCode: code }) },
    expiresAt: stamp(status.expiresAt),
    refreshExpiresAt: stamp(status.refreshExpiresAt),
    renewsAt: stamp(status.renewsAt),
    failures,
  };
}

function stamp(moment: number | null): string | null {
  return moment === null ? null : new Date(moment).toISOString();
}
