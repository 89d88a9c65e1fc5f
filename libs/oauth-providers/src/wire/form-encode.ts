const plain = /^[A-Za-z0-9*._-]*$/;
const ascii = /^[\x20-\x7e]*$/;
/** Where `encodeURIComponent` and forms differ. */
const different = /%20|[!'()~]/g;
const forms: Readonly<Record<string, string>> = {
  '%20': '+',
  '!': '%21',
  "'": '%27',
  '(': '%28',
  ')': '%29',
  '~': '%7E',
};

/** Writes a text as forms and queries have it (`application/x-www-form-urlencoded`), exactly as `URLSearchParams` does. */
export function formEncode(text: string): string {
  if (plain.test(text)) return text;
  if (ascii.test(text)) return encodeURIComponent(text).replace(different, (each) => forms[each] ?? each);
  return new URLSearchParams([['', text]]).toString().slice(1);
}
