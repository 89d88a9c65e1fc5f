import { describe, expect, it } from '@jest/globals';
import { addressAllowed, isLoopbackHost, type NetworkReach, refusalOf } from './network.js';

/** Where an address lies: whom each reach lets through. */
const open: readonly NetworkReach[] = ['public', 'loopback', 'private'];
const here: readonly NetworkReach[] = ['loopback', 'private'];
const inside: readonly NetworkReach[] = ['private'];

describe('addressAllowed', () => {
  it.each<[string, readonly NetworkReach[]]>([
    ['8.8.8.8', open],
    ['1.1.1.1', open],
    ['172.15.255.255', open],
    ['172.32.0.0', open],
    ['100.63.255.255', open],
    ['100.128.0.0', open],
    ['223.255.255.255', open],
    ['2606:4700:4700::1111', open],
    ['::ffff:8.8.8.8', open],
    ['127.0.0.1', here],
    ['127.255.255.254', here],
    ['::1', here],
    ['0:0:0:0:0:0:0:1', here],
    // IPv4 in IPv6 counts as IPv4, however it is written.
    ['::ffff:127.0.0.1', here],
    ['::FFFF:127.0.0.1', here],
    ['::ffff:7f00:1', here],
    ['10.0.0.1', inside],
    ['172.16.0.1', inside],
    ['172.31.255.255', inside],
    ['192.168.1.1', inside],
    ['100.64.0.1', inside],
    ['169.254.169.254', inside],
    ['0.0.0.0', inside],
    ['192.0.0.8', inside],
    ['198.18.0.1', inside],
    ['224.0.0.1', inside],
    ['255.255.255.255', inside],
    ['::ffff:10.0.0.1', inside],
    ['::ffff:a9fe:a9fe', inside],
    ['::', inside],
    ['::7f00:1', inside],
    ['fc00::1', inside],
    ['fd12:3456::1', inside],
    ['fe80::1', inside],
    ['ff02::1', inside],
  ])('%s within %j', (address, reaches) => {
    expect(open.filter((reach) => addressAllowed(address, reach))).toEqual(reaches);
  });
});

describe('isLoopbackHost', () => {
  it.each(['localhost', '127.0.0.1', '127.1.2.3', '[::1]', '::1', '[::ffff:7f00:1]'])('%s', (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  });

  it.each([
    'localhost.evil.example',
    'local',
    '10.0.0.1',
    'example.com',
    '',
    '[::2]',
    '127.0.0.1.evil.example',
  ])('not %j', (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  });
});

describe('refusalOf', () => {
  it.each<[string, NetworkReach, boolean]>([
    ['https://example.com/', 'public', true],
    ['https://localhost/', 'loopback', true],
    ['http://localhost:3000/', 'loopback', true],
    ['http://127.0.0.1:3000/', 'loopback', true],
    ['http://[::1]:3000/', 'loopback', true],
    ['http://127.0.0.1:3000/', 'private', true],
    ['https://10.0.0.1/', 'private', true],
    ['http://localhost:3000/', 'public', false],
    ['http://127.0.0.1:3000/', 'public', false],
    ['https://127.0.0.1/', 'public', false],
    ['https://[::1]/', 'public', false],
    ['http://example.com/', 'loopback', false],
    ['http://example.com/', 'private', false],
    ['http://10.0.0.1/', 'private', false],
    ['https://10.0.0.1/', 'loopback', false],
    ['https://169.254.169.254/', 'loopback', false],
    // The URL parser has already read these spellings.
    ['https://2130706433/', 'public', false],
    ['https://0x7f.1/', 'public', false],
    ['https://[::ffff:10.0.0.1]/', 'public', false],
  ])('%s within %s: %s', (url, reach, allowed) => {
    expect(refusalOf(url, reach) === undefined).toBe(allowed);
  });

  it('says what to do', () => {
    expect(refusalOf('http://example.com/', 'public')).toMatch(/use https/);
    expect(refusalOf('https://10.0.0.1/', 'public')).toMatch(/allowPrivateNetwork/);
  });
});
