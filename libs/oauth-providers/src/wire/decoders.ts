import { type DecoderName } from '../core/contract.js';

/** Deeper answers are refused: no platform nests further, and deep input is a way to exhaust a parser. */
const maxDepth = 32;

const decoders: Readonly<Record<DecoderName, (text: string) => unknown>> = {
  json: decodeJson,
  jsonp: (text) => decodeJson(/^[\w.$]+\s*\(([^]*)\)\s*;?$/.exec(text)?.[1]?.trim() ?? text),
  urlencoded: (text) => Object.fromEntries(new URLSearchParams(text)),
};

/** Reads the bytes of an answer, whatever its content type says. Undefined when they cannot be read. */
export function decode(name: DecoderName, body: Buffer): unknown {
  const text = body
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trim();
  return text === '' ? undefined : decoders[name](text);
}

function decodeJson(text: string): unknown {
  if (tooDeep(text)) {
    return undefined;
  }
  try {
    // An escape may spell the name, too. Going through all members costs more than all else, so it is done for a reason.
    const value: unknown = /__proto__|\\u/.test(text) ? JSON.parse(text, withoutProto) : JSON.parse(text);
    return typeof value === 'object' ? (value ?? undefined) : undefined;
  } catch {
    return undefined;
  }
}

function withoutProto(key: string, member: unknown): unknown {
  return key === '__proto__' ? undefined : member;
}

/** Without enough brackets nothing can be deep; most answers have one or two. */
function hasManyBrackets(text: string): boolean {
  let count = 0;
  for (const bracket of ['{', '[']) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      count += 1;
      if (count > maxDepth) return true;
    }
  }
  return false;
}

function tooDeep(text: string): boolean {
  if (!hasManyBrackets(text)) return false;
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    if (inString) {
      if (char === '\\') index += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') {
      inString = true;
    } else if (char === '{' || char === '[') {
      depth += 1;
      if (depth > maxDepth) return true;
    } else if (char === '}' || char === ']') {
      depth -= 1;
    }
  }
  return false;
}
