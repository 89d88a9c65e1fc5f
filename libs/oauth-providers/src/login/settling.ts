import type passport from 'passport';
import { OAuthProviderError } from '../core/errors.js';
import { type HttpExchange } from './http-exchange.js';

/** The five answers a strategy can give. Passport puts them on the strategy anew for each request. */
export type PassportActions = passport.StrategyCreatedStatic;

/** A strategy while it handles a request; the type package knows these methods only there. */
export function acting(strategy: object): PassportActions {
  return strategy as PassportActions;
}

/**
 * Passport's own `redirect` answers the request and calls nobody back, so a Nest guard would wait for ever and
 * interceptors never finish. This one lets the request pass and turns its answer into the redirect.
 */
export function settleRedirects(actions: PassportActions, exchange: HttpExchange): void {
  actions.redirect = (location: string) => {
    exchange.redirect(location);
    actions.pass();
  };
}

/** Hands the typed error on where passport-oauth2 has wrapped it into one of its own. */
export function unwrapErrors(actions: PassportActions): void {
  const report = actions.error.bind(actions);
  actions.error = (error: unknown) => {
    const inner = error instanceof Error && 'oauthError' in error ? error.oauthError : undefined;
    report(inner instanceof OAuthProviderError ? inner : error);
  };
}
