import { Injectable, Logger } from '@nestjs/common';
import { OnEvent } from '@nestjs/event-emitter';
import { type TokenEvent } from 'nestjs-oauth-providers';

/** The name under which changes of tokens are emitted. */
export const tokenEvent = 'oauth.token';

/** Tells the operator what becomes of tokens; an application would ask the user to reconnect here. */
@Injectable()
export class TokenLog {
  private readonly logger = new Logger('Tokens');

  @OnEvent(tokenEvent)
  tell({ type, provider, kind, cause }: TokenEvent): void {
    const why = cause === undefined ? '' : ` (${cause.reason})`;
    const line = `${provider} ${kind}: ${type}${why}`;
    if (type === 'renewed' || type === 'revoked') this.logger.log(line);
    else this.logger.warn(line);
  }
}
