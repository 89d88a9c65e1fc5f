/**
 * Writes fields one after the other, each behind its own length, so that no two different lists of fields
 * ever give the same bytes: `['ab', 'c']` and `['a', 'bc']` stay apart, and so does a text with a NUL in it.
 *
 * Texts are written as UTF-16, the form they have in memory: UTF-8 would write every unpaired surrogate as
 * the same replacement character, and two different subjects could then share one key.
 *
 * @param head - fields that were encoded before and stand in front
 */
export function encodeFields(fields: readonly (string | Buffer)[], head: Buffer = nothing): Buffer {
  let size = head.length;
  for (const field of fields) size += 4 + sizeOf(field);
  const bytes = Buffer.allocUnsafe(size);
  bytes.set(head);
  let at = head.length;
  for (const field of fields) {
    at = bytes.writeUInt32BE(sizeOf(field), at);
    if (typeof field === 'string') bytes.write(field, at, 'utf16le');
    else bytes.set(field, at);
    at += sizeOf(field);
  }
  return bytes;
}

const nothing = Buffer.alloc(0);

function sizeOf(field: string | Buffer): number {
  return typeof field === 'string' ? field.length * 2 : field.length;
}
