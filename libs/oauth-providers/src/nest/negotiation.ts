import Negotiator from 'negotiator';
import { type IncomingMessage } from 'node:http';
import { type Language } from '../login/pages/texts.js';

const jsonTypes = ['application/json', 'application/problem+json'];

/** What `Accept` says of JSON: prefers it, prefers a page, or neither. */
type Preference = 'json' | 'page' | 'none';

/** Browsers send few different headers. What is long may be anything and is not kept. */
const known = new Map<string, Preference>();
const [maxKnown, maxLength] = [64, 256];

/**
 * Whether a client wants JSON rather than a page: it says so, or it has no preference and sent JSON itself.
 */
export function prefersJson(request: IncomingMessage): boolean {
  const preference = preferenceOf(request);
  if (preference !== 'none') return preference === 'json';
  return /^application\/([\w.-]+\+)?json\b/i.test(request.headers['content-type'] ?? '');
}

function preferenceOf(request: IncomingMessage): Preference {
  const { accept } = request.headers;
  if (accept === undefined) return 'none';
  const found = known.get(accept);
  if (found !== undefined) return found;
  const negotiator = new Negotiator(request);
  const best = (types: string[]): boolean => jsonTypes.includes(negotiator.mediaTypes(types)[0] ?? '');
  const first = best(['text/html', ...jsonTypes]);
  const second = best([...jsonTypes, 'text/html']);
  // Asked in both orders: who answers differently has no preference.
  const made = first !== second ? 'none' : first ? 'json' : 'page';
  if (accept.length <= maxLength && known.size < maxKnown) known.set(accept, made);
  return made;
}

/** The language of a page. */
export function languageOf(request: IncomingMessage): Language {
  return new Negotiator(request).languages(['en', 'zh', 'zh-CN', 'zh-TW', 'zh-HK'])[0]?.startsWith('zh') ===
    true
    ? 'zh'
    : 'en';
}
