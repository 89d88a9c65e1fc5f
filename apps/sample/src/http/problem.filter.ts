import { type ArgumentsHost, Catch, HttpException, Inject, Logger } from '@nestjs/common';
import { type Request, type Response } from 'express';
import { languageOf, OAuthExceptionFilter, OAuthProviderError, prefersJson } from 'nestjs-oauth-providers';
import { SitePages } from '../pages/site-pages.js';
import { fixedForm } from './answer-form.js';
import { textOfStatus } from './http-texts.js';

/** Answers every failure of the sample: with problem details (RFC 9457) to programs, with a page to people. */
@Catch()
export class ProblemFilter extends OAuthExceptionFilter {
  private readonly log = new Logger('Sample');

  constructor(@Inject(SitePages) private readonly sitePages: SitePages) {
    super(sitePages);
  }

  override catch(error: unknown, host: ArgumentsHost): void {
    if (isOfLogin(error)) {
      super.catch(error, host);
      return;
    }
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const status = this.statusOf(error);
    if (response.headersSent) return;
    const text = textOfStatus(status, languageOf(request));
    if (this.wantsJson(request)) {
      super.catch(worded(error, status, text.detail), host);
      return;
    }
    const page = this.sitePages.problem(languageOf(request), text, undefined);
    response
      .status(status)
      .set({ 'Content-Security-Policy': page.contentSecurityPolicy, 'Cache-Control': 'no-store' })
      .set('Referrer-Policy', 'no-referrer')
      .type('html')
      .send(page.html);
  }

  protected override wantsJson(request: Request): boolean {
    const form = fixedForm(request);
    return form === undefined ? prefersJson(request) : form === 'json';
  }

  private statusOf(error: unknown): number {
    if (error instanceof HttpException) return error.getStatus();
    this.log.error(error instanceof Error ? error.stack : 'a value that is no error was thrown');
    return 500;
  }
}

/** What the library answers itself: failures of a login, and the pages on its way. */
function isOfLogin(error: unknown): boolean {
  return error instanceof OAuthProviderError || (error instanceof Error && error.name === 'LoginPageSignal');
}

/** Our own words where those of the error quote the request (parsers do) or tell about our inside. */
function worded(error: unknown, status: number, detail: string): HttpException {
  return error instanceof HttpException && error.cause === undefined && status < 500
    ? error
    : new HttpException(detail, status);
}
