import { describe, expect, it } from '@jest/globals';
import { type PageSignature } from '../core/contract.js';
import { clients } from '../testing-support/clients.js';
import { pageSignature, signedUrl } from './page-signature.js';

const rules = clients.yuanzhibang.contract.pageSignature as PageSignature;
/** WeChat keeps the query, and has names of its own. */
const wechat: PageSignature = {
  ticketType: 'jsapi',
  pairs: [
    ['jsapi_ticket', 'ticket'],
    ['noncestr', 'nonce'],
    ['timestamp', 'timestamp'],
    ['url', 'url'],
  ],
  drop: ['fragment'],
  output: { appId: 'clientId', timestamp: 'timestamp', nonceStr: 'nonce', signature: 'signature' },
};

describe('the URL that is signed', () => {
  it.each([
    ['https://yuanzhibang.com/a/b/?x=1&v=x#12', 'https://yuanzhibang.com/a/b'],
    ['https://yuanzhibang.com:80/a/b/?x=1&v=x#12', 'https://yuanzhibang.com:80/a/b'],
    ['https://yuanzhibang.com', 'https://yuanzhibang.com'],
    ['https://YUANZHIBANG.com:443/', 'https://yuanzhibang.com'],
    ['https://yuanzhibang.com/a//', 'https://yuanzhibang.com/a/'],
    ['https://yuanzhibang.com/中', 'https://yuanzhibang.com/%E4%B8%AD'],
  ])('%s becomes %s', (page, signed) => {
    expect(signedUrl(rules, page)).toBe(signed);
  });

  it('keeps its query where the platform wants it', () => {
    expect(signedUrl(wechat, 'https://example.com/a/?x=1#12')).toBe('https://example.com/a/?x=1');
  });
});

describe('the signature', () => {
  it('is the vendor’s own example', () => {
    const url = signedUrl(rules, 'https://yuanzhibang.com/a/b/?x=1&v=x#12');
    const signature = pageSignature(rules, { ticket: 'a4dcdk', nonce: '1234', timestamp: 1654850924, url });
    expect(signature).toBe('a8cb02e00c2759372954bf5516d110066b911aa4');
  });
});
