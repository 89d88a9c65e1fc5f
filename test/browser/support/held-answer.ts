import { type Visitor } from './visitor.js';

/**
 * Shows a page in place of the redirect with which a consent page answers, so that the callback is not reached yet.
 * The redirect itself cannot be held: the browser follows it before anybody is asked.
 */
export async function holdAnswer(
  visitor: Visitor,
  authorizeUrl: string,
  pageFor: (callback: URL) => string,
): Promise<void> {
  await visitor.context.route(`${authorizeUrl}?*`, async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    const reply = await route.fetch({ maxRedirects: 0 });
    const body = pageFor(new URL(reply.headers()['location'] ?? ''));
    return route.fulfill({ contentType: 'text/html', body });
  });
}
