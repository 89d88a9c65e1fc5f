import { type Reply } from '../http/reply.js';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = string | number | Html | readonly Html[] | undefined;

/** Builds HTML; every value that is not `Html` itself is escaped, for content and for quoted attributes alike. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const text = strings.reduce((before, string, index) => before + render(parts[index - 1]) + string);
  return new Html(text);
}

function render(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map((each) => each.text).join('');
  return String(part).replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Who may show a page in a frame: nobody, or, for the SDK stand-ins, everybody. */
export type Framing = "'none'" | '*';

/**
 * A page. There is no `form-action` in its policy on purpose: browsers apply it to the redirects that follow a
 * form, and the consent form ends at the client's redirect URI and wherever that leads.
 */
export function pageReply(status: number, page: Html, framing: Framing = "'none'"): Reply {
  const policy = [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    "script-src 'self'",
    "base-uri 'none'",
    `frame-ancestors ${framing}`,
  ];
  const headers = {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': policy.join('; '),
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  };
  return { status, headers, body: page.text };
}

/** The frame of every page of the emulator. */
export function layout(title: string, body: Html): Html {
  return html`<!doctype html>
    <html lang="zh-CN">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" type="image/svg+xml" href="/__emulator/assets/icon.svg" />
        <link rel="stylesheet" href="/__emulator/assets/page.css" />
      </head>
      ${body}
    </html>`;
}
