import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PublicUrl } from './public-url.js';
import { safeReturnTo } from './return-to.js';

const site = new PublicUrl('https://app.example.com');

describe('safeReturnTo keeps paths of our own origin', () => {
  it.each([
    ['/', '/'],
    ['/files', '/files'],
    ['/files/', '/files/'],
    ['/files?page=2&sort=a#top', '/files?page=2&sort=a#top'],
    ['/search?q=https://other.example/', '/search?q=https://other.example/'],
    ['/search?next=//other.example', '/search?next=//other.example'],
    ['/a//b', '/a//b'],
    ['/a/../b', '/b'],
    ['/a/./b', '/a/b'],
    ['/%E4%B8%AD', '/%E4%B8%AD'],
    ['/中文', '/%E4%B8%AD%E6%96%87'],
    ['/a%20b', '/a%20b'],
    ['/a%2Fb', '/a%2Fb'],
    ['/%', '/%'],
    // An `@` in a path names nobody.
    ['/@ada', '/@ada'],
    ['/:8080', '/:8080'],
    ['/?', '/'],
    [`/${'x'.repeat(511)}`, `/${'x'.repeat(511)}`],
  ])('%j → %j', (wish, path) => {
    expect(safeReturnTo(wish, site)).toBe(path);
  });
});

describe('safeReturnTo drops everything else', () => {
  it.each<[unknown]>([
    [undefined],
    [null],
    [''],
    [7],
    [['/files']],
    [{ path: '/files' }],
    ['files'],
    ['./files'],
    ['../files'],
    ['?a=b'],
    ['#top'],
    ['//evil.example'],
    ['///evil.example'],
    ['////evil.example'],
    ['/\\evil.example'],
    ['\\/evil.example'],
    ['\\\\evil.example'],
    ['/a\\b'],
    ['//evil.example@app.example.com'],
    ['//app.example.com'],
    ['/.//evil.example'],
    ['/..//evil.example'],
    ['/a/..//evil.example'],
    ['/a/../..//evil.example'],
    ['/%2e//evil.example'],
    ['/%2E%2e//evil.example'],
    ['/%2f/evil.example'],
    ['/%2Fevil.example'],
    ['/%2F%2Fevil.example'],
    ['/%5cevil.example'],
    ['/%5C/evil.example'],
    // What stands behind dot segments stands in front once they are gone.
    ['/./%2fevil.example'],
    ['/a/../%5Cevil.example'],
    ['/%2e/%2fevil.example'],
    ['/%09/evil.example'],
    ['/%0a/evil.example'],
    ['/%0D%0ALocation:x'],
    ['/%1f/evil.example'],
    ['/\t/evil.example'],
    ['/\n/evil.example'],
    ['/\r\nSet-Cookie: a=b'],
    ['/\u0000'],
    ['/a\u0000b'],
    ['/\u0085'],
    ['/ /evil.example'],
    [' /files'],
    ['/files '],
    ['/\u00a0'],
    ['/\u2028'],
    ['/\u3000'],
    ['https://evil.example'],
    ['https:evil.example'],
    ['https:/evil.example'],
    ['HTTPS://evil.example'],
    ['https://app.example.com'],
    ['https://app.example.com/files'],
    ['http://app.example.com/files'],
    ['https://app.example.com@evil.example/'],
    ['https://app.example.com.evil.example/'],
    ['javascript:alert(1)'],
    ['/javascript:alert(1)\n'],
    ['data:text/html,<script>'],
    ['vbscript:x'],
    ['@evil.example'],
    ['app.example.com/files'],
    [`/${'x'.repeat(512)}`],
    // Short as it was written, too long as it would be sent.
    [`/${'中'.repeat(60)}`],
  ])('%j', (wish) => {
    expect(safeReturnTo(wish, site)).toBeUndefined();
  });

  it('whatever is made of the pieces attacks are made of', () => {
    const pieces = [
      '/',
      '\\',
      '.',
      '..',
      '%2e',
      '%2f',
      '%5c',
      '%09',
      '@',
      ':',
      '?',
      '#',
      '\t',
      ' ',
      'evil.example',
    ];
    const wishes = fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(wishes, (wish) => {
        const path = safeReturnTo(wish, site);
        if (path === undefined) return;
        expect(new URL(path, site.origin).origin).toBe(site.origin);
        expect(path).toMatch(/^\/(?![/\\]|%2f|%5c|%0)/i);
        // Asked again, it stays what it is.
        expect(safeReturnTo(path, site)).toBe(path);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });
});
