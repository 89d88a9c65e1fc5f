import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser } from 'playwright-core';
import { launch } from './chromium.js';
import { Visitor } from './visitor.js';

const ours = 'http://ours.test';
const policy = "default-src 'none'; script-src 'self'; style-src 'self'";

/** What the watch finds on a page of ours that holds this. */
async function findingsOf(browser: Browser, body: string, status = 200): Promise<string[]> {
  const visitor = await Visitor.arrive(browser, ours);
  await visitor.context.route('**/*', (route) => {
    const { pathname, host } = new URL(route.request().url());
    if (pathname === '/gone') return route.abort('connectionrefused');
    if (pathname === '/loud.js') {
      const script = 'console.warn("loud"); alert(1); throw new Error("thrown")';
      return route.fulfill({ contentType: 'text/javascript', body: script });
    }
    if (host !== 'ours.test' || pathname !== '/')
      return route.fulfill({ contentType: 'text/html', body: 'ok' });
    const headers = { 'content-security-policy': policy, 'referrer-policy': 'unsafe-url' };
    return route.fulfill({ status, contentType: 'text/html', headers, body });
  });
  await visitor.goTo('/?code=secret');
  const link = visitor.page.getByRole('link');
  if ((await link.count()) > 0) {
    await link.click();
    await visitor.expectText('ok');
  }
  const findings = await visitor.watch.findings();
  await visitor.context.close();
  return findings;
}

describe('the watch over every page', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(() => browser.close());

  it('has nothing to say about a page that is in order', async () => {
    expect(await findingsOf(browser, '<p>fine</p>')).toEqual([]);
  });

  it.each([
    ['an inline script', '<script>document.title = "x"</script>', 'script-src'],
    ['an inline style', '<p style="color: red">x</p>', 'style-src'],
    ['a picture the policy does not allow', '<img src="https://elsewhere.test/x.png">', 'img-src'],
    ['a warning', '<script src="/loud.js"></script>', 'warning: loud'],
    ['a dialog', '<script src="/loud.js"></script>', 'dialog: 1'],
    ['an exception', '<script src="/loud.js"></script>', 'uncaught: thrown'],
    ['a request that fails', '<script src="/gone"></script>', 'net::ERR_CONNECTION_REFUSED'],
    ['a link that tells another site of the code', '<a href="http://other.test/">x</a>', 'was told of'],
    ['a link that tells the next page of the code', '<a href="/next">x</a>', 'was told of'],
  ])('notices %s', async (_what, body, finding) => {
    expect((await findingsOf(browser, body)).join('\n')).toContain(finding);
  });

  it('notices a refusal nobody announced', async () => {
    expect(await findingsOf(browser, 'no', 404)).toContain(`404 from ${ours}/?code=secret`);
  });

  it('notices that an announced refusal did not come', async () => {
    const visitor = await Visitor.arrive(browser, ours);
    visitor.watch.announce(403);
    expect(await visitor.watch.findings()).toEqual(['no 403, though it was announced']);
    await visitor.context.close();
  });
});
