import { ForbiddenException } from '@nestjs/common';
import { type IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { PublicUrl } from '../login/public-url.js';
import { assertSameOrigin } from './same-origin.js';

const ask = (headers: Readonly<Record<string, string>>) => () =>
  assertSameOrigin({ headers } as unknown as IncomingMessage, new PublicUrl('https://app.example.com/app'));

describe('assertSameOrigin', () => {
  it.each<[Record<string, string>]>([
    // Programs send neither header.
    [{}],
    [{ host: 'anything.example' }],
    [{ origin: 'https://app.example.com' }],
    [{ 'sec-fetch-site': 'same-origin' }],
    // The visitor typed it.
    [{ 'sec-fetch-site': 'none' }],
    [{ origin: 'https://app.example.com', 'sec-fetch-site': 'same-origin' }],
    [{ referer: 'https://evil.example/' }],
  ])('lets pass %j', (headers) => {
    expect(ask(headers)).not.toThrow();
  });

  it.each<[Record<string, string>]>([
    [{ origin: 'https://evil.example' }],
    [{ origin: 'http://app.example.com' }],
    [{ origin: 'https://app.example.com:8443' }],
    [{ origin: 'https://app.example.com/' }],
    [{ origin: 'https://app.example.com.evil.example' }],
    [{ origin: 'https://other.example.com' }],
    // Sandboxed frames, and pages under `Referrer-Policy: no-referrer`.
    [{ origin: 'null' }],
    [{ origin: '' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ origin: 'https://app.example.com', 'sec-fetch-site': 'cross-site' }],
    [{ origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }],
    // Nothing of Host is believed.
    [{ origin: 'https://evil.example', host: 'evil.example', 'x-forwarded-host': 'evil.example' }],
  ])('refuses %j', (headers) => {
    expect(ask(headers)).toThrow(ForbiddenException);
  });
});
