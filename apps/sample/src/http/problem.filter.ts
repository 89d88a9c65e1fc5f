import { type ArgumentsHost, Catch, HttpException, Inject, Logger } from '@nestjs/common';
import { type Request, type Response } from 'express';
import {
  languageOf,
  OAuthExceptionFilter,
  OAuthProviderError,
  prefersJson,
  StoreUnavailableError,
} from 'nestjs-oauth-providers';
import { STATUS_CODES } from 'node:http';
import { SitePages } from '../pages/site-pages.js';
import { NoLiveTokenError } from '../tokens/no-live-token.error.js';
import { fixedForm } from './answer-form.js';
import { textOfStatus } from './http-texts.js';
import { TooManyLogins } from './login-rate-limit.js';

const storeRetrySeconds = 5;

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
    const status = statusOf(error);
    if (status >= 500 && !(error instanceof NoLiveTokenError)) this.log.error(storyOf(error));
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    if (response.headersSent) return;
    response.status(status).set({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
    const noToken = error instanceof NoLiveTokenError ? error : undefined;
    if (status === 503) response.set('Retry-After', String(noToken?.retryAfterSeconds ?? storeRetrySeconds));
    const language = languageOf(request);
    const text = textOfStatus(status, language);
    if (this.wantsJson(request)) {
      const detail = ownWords(error) ?? text.detail;
      response
        .type('application/problem+json')
        .json({ type: 'about:blank', title: STATUS_CODES[status], status, detail, ...membersOf(error) });
      return;
    }
    const page = this.sitePages.problem(language, text, undefined);
    response.set('Content-Security-Policy', page.contentSecurityPolicy).type('html').send(page.html);
  }

  protected override wantsJson(request: Request): boolean {
    const form = fixedForm(request);
    return form === undefined ? prefersJson(request) : form === 'json';
  }
}

/** What the library answers itself: failures of a login, and the pages on its way. */
function isOfLogin(error: unknown): boolean {
  return (
    (error instanceof OAuthProviderError && !isOfStore(error)) ||
    (error instanceof Error && error.name === 'LoginPageSignal')
  );
}

/** The store did not answer: the platform has nothing to do with it. */
function isOfStore(error: unknown): boolean {
  return (
    error instanceof StoreUnavailableError ||
    (error instanceof OAuthProviderError && error.operation === 'store')
  );
}

function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  return isOfStore(error) ? 503 : 500;
}

/** What a program can tell failures of a login apart by. */
function membersOf(error: unknown): Readonly<Record<string, string>> {
  if (error instanceof NoLiveTokenError) return error.members;
  if (error instanceof OAuthProviderError) {
    return { errorClass: error.errorClass, provider: error.provider };
  }
  return error instanceof TooManyLogins ? { errorClass: 'throttled', provider: error.provider } : {};
}

/** The message of an error that was thrown on purpose; those of parsers come with a cause and quote the request. */
function ownWords(error: unknown): string | undefined {
  return error instanceof HttpException && error.cause === undefined ? error.message : undefined;
}

function storyOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : 'a value that is no error was thrown';
}
