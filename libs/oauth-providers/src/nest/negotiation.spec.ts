import { type IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { languageOf, prefersJson } from './negotiation.js';

const request = (headers: Readonly<Record<string, string>>): IncomingMessage =>
  ({ headers }) as unknown as IncomingMessage;

/** What real browsers send for a page. */
const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';

describe('prefersJson', () => {
  const json = 'application/json';
  const form = 'application/x-www-form-urlencoded';

  it.each<[string | undefined, string | undefined, boolean]>([
    ['application/json', undefined, true],
    ['application/problem+json', undefined, true],
    ['application/json, text/plain, */*', undefined, true],
    ['application/json;q=0.9, text/html;q=0.8', undefined, true],
    ['application/*', undefined, true],
    ['application/json', form, true],
    [browser, undefined, false],
    [browser, form, false],
    [browser, json, false],
    ['text/html', json, false],
    ['text/html;q=0.9, application/json;q=0.8', json, false],
    ['text/*', json, false],
    // No preference: what was sent decides.
    [undefined, undefined, false],
    [undefined, form, false],
    [undefined, json, true],
    ['*/*', undefined, false],
    ['*/*', form, false],
    ['*/*', json, true],
    ['*/*', 'application/json; charset=utf-8', true],
    ['*/*', 'APPLICATION/JSON', true],
    ['*/*', 'application/merge-patch+json', true],
    ['*/*', 'application/jsonp', false],
    ['*/*', 'text/json', false],
    // Of two that weigh the same the first is meant.
    ['text/html, application/json', json, false],
    ['application/json, text/html', undefined, true],
    // Neither a page nor JSON: a page it is.
    ['image/png', undefined, false],
    ['', undefined, false],
    ['nonsense', undefined, false],
  ])('Accept %j with a body of %j: %s', (accept, type, expected) => {
    const headers = {
      ...(accept === undefined ? {} : { accept }),
      ...(type === undefined ? {} : { 'content-type': type }),
    };
    expect(prefersJson(request(headers))).toBe(expected);
  });
});

describe('languageOf', () => {
  it.each<[string | undefined, string]>([
    [undefined, 'en'],
    ['', 'en'],
    ['*', 'en'],
    ['en-US,en;q=0.9', 'en'],
    ['de-DE,de;q=0.9', 'en'],
    ['zh', 'zh'],
    ['zh-CN,zh;q=0.9,en;q=0.8', 'zh'],
    ['zh-TW', 'zh'],
    ['zh-HK,en;q=0.1', 'zh'],
    ['en,zh;q=0.9', 'en'],
    ['de,zh;q=0.5', 'zh'],
    ['en;q=0.1,zh;q=0.2', 'zh'],
  ])('%j → %s', (accepted, language) => {
    expect(languageOf(request(accepted === undefined ? {} : { 'accept-language': accepted }))).toBe(language);
  });
});
