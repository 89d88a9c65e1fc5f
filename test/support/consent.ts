import { type Browser, locationOf, type Reply } from './browser.js';

/** Answers the consent page that a login start leads to, as a person would, and gives the way back. */
export async function consent(
  browser: Browser,
  start: Reply,
  answer: Readonly<Record<string, string>> = { decision: 'approve' },
): Promise<string> {
  const page = await browser.visit(locationOf(start));
  const form = /<form[^>]*>/.exec(page.text)?.[0] ?? '';
  const action = unescape(/action="([^"]*)"/.exec(form)?.[1] ?? page.url);
  const hidden = [...page.text.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([tag]): [string, string] => [
    unescape(/name="([^"]*)"/.exec(tag)?.[1] ?? ''),
    unescape(/value="([^"]*)"/.exec(tag)?.[1] ?? ''),
  ]);
  const reply = await browser.visit(new URL(action, page.url).href, {
    form: { ...Object.fromEntries(hidden), ...answer },
  });
  return locationOf(reply);
}

function unescape(text: string): string {
  return text
    .replaceAll('&amp;', '&')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<');
}
