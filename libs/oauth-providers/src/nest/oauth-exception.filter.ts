import { type ArgumentsHost, Catch, type ExceptionFilter, Inject, Logger } from '@nestjs/common';
import { type ServerResponse } from 'node:http';
import { OAuthProviderError } from '../core/errors.js';
import { type WebRequest } from '../login/http-exchange.js';
import { LoginPageSignal } from '../login/login-provider.js';
import { contentSecurityPolicy, LoginPages, type Page } from '../login/pages/pages.js';
import { problemText } from '../login/pages/texts.js';
import { StoreUnavailableError } from '../vault/index.js';
import { languageOf, prefersJson } from './negotiation.js';
import { problemOf } from './problem.js';

/** Failures that are nobody's fault on this side are not worth a warning. */
const ordinary = new Set(['access_denied', 'invalid_request', 'invalid_grant']);

/**
 * Answers failures of the login with problem details (RFC 9457) or a page, and shows the pages that a login
 * needs on its way. Extend it with `@Catch()` to answer all failures of an application in the same manner.
 */
@Catch(OAuthProviderError, LoginPageSignal, StoreUnavailableError)
export class OAuthExceptionFilter implements ExceptionFilter {
  private readonly logger = new Logger('OAuthProviders');

  constructor(@Inject(LoginPages) private readonly pages: LoginPages) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<WebRequest>();
    const response = host.switchToHttp().getResponse<ServerResponse>();
    if (response.headersSent) return;
    if (error instanceof LoginPageSignal) {
      this.send(response, 200, this.signalPage(error, request), referrerPolicyOf(error));
      return;
    }
    this.report(error);
    const language = languageOf(request);
    const { problem, text, headers } = problemOf(error, language);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    if (this.wantsJson(request)) {
      common(response, problem.status, 'application/problem+json; charset=utf-8');
      response.end(JSON.stringify(problem));
      return;
    }
    // Who has just refused needs no number for it.
    const codes =
      problem.errorClass === 'access_denied' ? [] : [problem.platformCode, problem.platformSubCode];
    const code = codes.filter(Boolean).join(' / ');
    this.send(response, problem.status, this.pages.problem(language, text, code === '' ? undefined : code));
  }

  /** Whether this request is answered with JSON. */
  protected wantsJson(request: WebRequest): boolean {
    return prefersJson(request);
  }

  private signalPage(signal: LoginPageSignal, request: WebRequest): Page {
    const language = languageOf(request);
    if (signal.page === 'relay') return this.pages.relay(language, problemText('not_completed', language));
    const words = {
      cancelled: problemText('cancelled', language),
      failed: problemText('transient', language),
    };
    return this.pages.handoff(language, signal.target, words, signal.returnTo);
  }

  private report(error: unknown): void {
    if (error instanceof OAuthProviderError) {
      if (ordinary.has(error.errorClass)) this.logger.debug(error.message);
      else this.logger.warn(error.message);
    } else if (problemOf(error, 'en').problem.status >= 500) {
      this.logger.error(error instanceof Error ? error.stack : 'a value that is no error was thrown');
    }
  }

  private send(
    response: ServerResponse,
    status: number,
    page: Page,
    referrerPolicy: 'no-referrer' | 'same-origin' = 'no-referrer',
  ): void {
    common(response, status, 'text/html; charset=utf-8');
    response.setHeader('Content-Security-Policy', page.contentSecurityPolicy);
    response.setHeader('Referrer-Policy', referrerPolicy);
    response.end(page.html);
  }
}

/**
 * Under `no-referrer` a browser sends `Origin: null` with a form, which the callback takes for another site's.
 * The page that hands a code in has none in its own URL, so it may say where its form comes from.
 */
function referrerPolicyOf(signal: LoginPageSignal): 'no-referrer' | 'same-origin' {
  return signal.page === 'handoff' ? 'same-origin' : 'no-referrer';
}

function common(response: ServerResponse, status: number, type: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', type);
  response.setHeader('Content-Security-Policy', contentSecurityPolicy());
  response.setHeader('X-Content-Type-Options', 'nosniff');
  // The URL of a callback carries the code: it must not travel on.
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cache-Control', 'no-store');
}
