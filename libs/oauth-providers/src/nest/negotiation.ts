import Negotiator from 'negotiator';
import { type IncomingMessage } from 'node:http';
import { type Language } from '../login/pages/texts.js';

const jsonTypes = ['application/json', 'application/problem+json'];

/**
 * Whether a client wants JSON rather than a page: it says so, or it has no preference and sent JSON itself.
 */
export function prefersJson(request: IncomingMessage): boolean {
  const negotiator = new Negotiator(request);
  const best = (types: string[]): boolean => jsonTypes.includes(negotiator.mediaTypes(types)[0] ?? '');
  const first = best(['text/html', ...jsonTypes]);
  const second = best([...jsonTypes, 'text/html']);
  // Asked in both orders: who answers differently has no preference.
  return first === second
    ? first
    : /^application\/([\w.-]+\+)?json\b/i.test(request.headers['content-type'] ?? '');
}

/** The language of a page. */
export function languageOf(request: IncomingMessage): Language {
  return new Negotiator(request).languages(['en', 'zh', 'zh-CN', 'zh-TW', 'zh-HK'])[0]?.startsWith('zh') ===
    true
    ? 'zh'
    : 'en';
}
