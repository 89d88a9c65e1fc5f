import { type Request } from 'express';
import { type ConsentOption, consentPage, errorPage } from './consent-page.js';
import { pageReply } from './html.js';
import { formOf, queryOf } from '../http/body.js';
import { redirectReply, type Reply } from '../http/reply.js';
import { type ProviderName } from '../core/provider-name.js';
import { type DemoUser, demoUsers, findUser } from '../core/users.js';

/** What an authorize request turned out to be. */
export type AuthorizeRequest =
  | { readonly kind: 'error'; readonly code: string; readonly detail: string }
  | { readonly kind: 'redirect'; readonly location: string }
  | AskedConsent;

/** An authorize request that is fit to be shown to somebody. */
export interface AskedConsent {
  readonly kind: 'ask';
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  readonly option?: ConsentOption;
  /** Issues a code for the user and says where it is sent. */
  approve(user: DemoUser): string;
  /** Says where the denial is sent. */
  deny(form: URLSearchParams): string;
}

/** The consent of the platforms that redirect: shows the page, and answers the form posted from it. */
export function answerAuthorize(
  provider: ProviderName,
  autoApprove: boolean,
  read: (query: URLSearchParams) => AuthorizeRequest,
): (request: Request) => Reply {
  return (request) => {
    const asked = read(queryOf(request));
    if (asked.kind === 'error') return pageReply(400, errorPage(provider, asked.code, asked.detail));
    if (asked.kind === 'redirect') return redirectReply(asked.location);
    if (request.method === 'POST') return answerForm(provider, asked, formOf(request));
    if (autoApprove) return redirectReply(asked.approve(demoUsers[0]));
    const { clientId, redirectUri, scopes, option } = asked;
    const destination = new URL(redirectUri).host || redirectUri;
    const action = request.originalUrl;
    return pageReply(200, consentPage({ provider, clientId, destination, scopes, action, option }));
  };
}

function answerForm(provider: ProviderName, asked: AskedConsent, form: URLSearchParams): Reply {
  const user = chosenUser(form);
  const decision = form.get('decision');
  if (decision === 'deny') return redirectReply(asked.deny(form));
  if (decision === 'approve' && user) return redirectReply(asked.approve(user));
  return pageReply(400, errorPage(provider, 'form', badForm));
}

/** What the consent page says about a form it cannot use. */
export const badForm = 'decision must be approve or deny, and user one of the demo users';

/** The user picked on the form; without a choice, the first. */
export function chosenUser(form: URLSearchParams): DemoUser | undefined {
  return findUser(form.get('user') ?? demoUsers[0].key);
}

/** Appends parameters to a redirect URI without touching what it already has. */
export function withQuery(redirectUri: string, parameters: Readonly<Record<string, string | null>>): string {
  return redirectUri + (redirectUri.includes('?') ? '&' : '?') + encode(parameters);
}

/** Appends parameters as the fragment. */
export function withFragment(
  redirectUri: string,
  parameters: Readonly<Record<string, string | null>>,
): string {
  return `${redirectUri}#${encode(parameters)}`;
}

function encode(parameters: Readonly<Record<string, string | null>>): string {
  const entries = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== null);
  return new URLSearchParams(entries).toString();
}
