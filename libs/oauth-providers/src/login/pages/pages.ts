import { Eta } from 'eta';
import { type HandoffLogin } from '../../core/contract.js';
import { type LoginProvider } from '../login-provider.js';
import { type PublicUrl } from '../public-url.js';
import { assetsPath } from './assets.js';
import { type Language, pageTexts, type ProblemText, withProvider } from './texts.js';

/** A page, ready to be sent. */
export interface Page {
  readonly html: string;
  readonly contentSecurityPolicy: string;
}

/** What a layout puts into its frame. `body` is finished HTML; everything else is plain text. */
export interface PageContent {
  readonly language: Language;
  readonly title: string;
  readonly body: string;
  /** Scripts the page needs, as URLs, in order. */
  readonly scripts: readonly string[];
  /** The style sheet the body is written for. */
  readonly stylesheet: string;
}

/** Puts the content of a login page into the application's own frame. It must add no inline script or style. */
export type PageLayout = (content: PageContent) => string;

// Escapes what it prints; `~` prints finished HTML.
const eta = new Eta({ autoTrim: false });

const frame = `<!doctype html>
<html lang="<%= it.language === 'zh' ? 'zh-CN' : 'en' %>">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title><%= it.title %></title>
<link rel="stylesheet" href="<%= it.stylesheet %>">
</head>
<body>
<%~ it.body %>
<% for (const script of it.scripts) { %><script src="<%= script %>" defer></script>
<% } %></body>
</html>
`;

const problemBody = `<main>
<h1><%= it.problem.title %></h1>
<p><%= it.problem.detail %></p>
<% if (it.code) { %><p class="code"><%= it.text.code %><%= it.code %></p><% } %>
<p><a href="<%= it.home %>"><%= it.text.back %></a></p>
</main>`;

const relayBody = `<main>
<h1><%= it.problem.title %></h1>
<p><%= it.problem.detail %></p>
<p><a href="<%= it.home %>"><%= it.text.back %></a></p>
</main>`;

const handoffBody = `<main id="handoff" data-config="<%= it.config %>">
<h1><%= it.title %></h1>
<noscript><p><%= it.text.scriptNeeded %></p></noscript>
<p data-when="waiting" hidden><%= it.waiting %></p>
<p data-when="unavailable" hidden><%= it.unavailable %></p>
<div data-when="cancelled" hidden><p><strong><%= it.cancelled.title %></strong><br><%= it.cancelled.detail %></p><p><button type="button"><%= it.text.handoffAgain %></button></p></div>
<div data-when="failed" hidden><p><strong><%= it.text.handoffFailed %></strong><br><%= it.failed.detail %></p><p><button type="button"><%= it.text.handoffAgain %></button></p></div>
<p><a href="<%= it.home %>"><%= it.text.back %></a></p>
</main>`;

/** The default frame: a card in the middle of an otherwise empty page. */
export const defaultLayout: PageLayout = (content) => eta.renderString(frame, content);

/** Renders the pages of the login. */
export class LoginPages {
  private readonly home: string;
  private readonly assets: string;
  private readonly origin: string;
  private readonly secure: boolean;

  constructor(
    publicUrl: PublicUrl,
    private readonly layout: PageLayout,
  ) {
    this.home = publicUrl.absolute('/');
    this.assets = publicUrl.absolute(assetsPath);
    this.origin = publicUrl.origin;
    this.secure = publicUrl.secure;
  }

  /** A failure, in words a person understands. The platform's own words are never shown: anybody can write them. */
  problem(language: Language, problem: ProblemText, code: string | undefined): Page {
    const body = eta.renderString(problemBody, { problem, code, home: this.home, text: pageTexts[language] });
    return this.page(language, problem.title, body, []);
  }

  /** The page at the end of a callback that may carry its answer in the fragment. */
  relay(language: Language, problem: ProblemText): Page {
    const body = eta.renderString(relayBody, { problem, home: this.home, text: pageTexts[language] });
    return this.page(language, problem.title, body, [`${this.assets}/relay.js`]);
  }

  /** The page that fetches a code from the platform's script. */
  handoff(
    language: Language,
    target: LoginProvider,
    words: { readonly cancelled: ProblemText; readonly failed: ProblemText },
    returnTo: string | undefined,
  ): Page {
    const { provider } = target;
    const login = provider.contract.login as HandoffLogin;
    const name = provider.contract.title[language];
    const text = pageTexts[language];
    const body = eta.renderString(handoffBody, {
      title: withProvider(text.handoffTitle, name),
      waiting: withProvider(text.handoffWaiting, name),
      unavailable: withProvider(text.handoffUnavailable, name),
      ...words,
      text,
      home: this.home,
      config: JSON.stringify({
        bridge: login.bridge,
        clientId: provider.clientId,
        scope: provider.scope,
        params: login.bridgeParams ?? {},
        attemptsUrl: target.attemptsUrl,
        callbackUrl: target.callbackUrl,
        returnTo,
      }),
    });
    const sdk = provider.sdkUrl === undefined ? [] : [provider.sdkUrl];
    const title = withProvider(text.handoffTitle, name);
    const origins = sdk.map((url) => new URL(url).origin).filter((origin) => origin !== this.origin);
    // A foreign script brings its origin and nothing else; our own copy of an SDK needs the vendor's frames.
    return this.page(language, title, body, [...sdk, `${this.assets}/handoff.js`], {
      scripts: origins,
      frames: origins.length === 0 ? (login.frames ?? []) : origins,
    });
  }

  private page(
    language: Language,
    title: string,
    body: string,
    scripts: readonly string[],
    origins: ForeignOrigins = {},
  ): Page {
    const stylesheet = `${this.assets}/login.css`;
    const html = this.layout({ language, title, body, scripts, stylesheet });
    return { html, contentSecurityPolicy: contentSecurityPolicy({ ...origins, secure: this.secure }) };
  }
}

/** Origins besides our own that a page may use. */
export interface ForeignOrigins {
  /** Where scripts may come from, and what they may call. */
  readonly scripts?: readonly string[];
  /** Whose pages may be framed. */
  readonly frames?: readonly string[];
  /** Whether everything else is to be asked for by https too. */
  readonly secure?: boolean;
}

/** Everything from our own origin, nothing inline, no frame around us; a platform's script adds its origin. */
export function contentSecurityPolicy({ scripts = [], frames = [], secure }: ForeignOrigins = {}): string {
  const own = ["'self'", ...scripts].join(' ');
  const directives = [
    "default-src 'none'",
    `script-src ${own}`,
    "style-src 'self'",
    "img-src 'self' https: data:",
    `connect-src ${own}`,
    `frame-src ${frames.length === 0 ? "'none'" : frames.join(' ')}`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    ...(secure === true ? ['upgrade-insecure-requests'] : []),
  ];
  return directives.join('; ');
}
