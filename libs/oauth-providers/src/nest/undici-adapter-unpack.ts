import { brotliDecompressSync, constants, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { HttpFailure } from '../core/ports.js';

/** The encodings that can be unpacked. */
export const acceptedEncodings = 'gzip, deflate, br';

/** A packed body whose last bytes are missing is read as far as it goes, as every client does. */
const lenient = { finishFlush: constants.Z_SYNC_FLUSH };
const lenientBrotli = { finishFlush: constants.BROTLI_OPERATION_FLUSH };

/**
 * Unpacks a complete body, to at most `limit` bytes: unpacking stops there, however much more the body would give.
 * Both sizes are small, so it is done at once instead of on another thread.
 * @throws HttpFailure `too_large`, or `reset` for what cannot be unpacked
 */
export function unpack(body: Buffer, encoding: string | undefined, limit: number): Buffer {
  const name = encoding?.trim().toLowerCase() ?? '';
  if (body.length === 0 || name === '' || name === 'identity') return body;
  const bound = Number.isFinite(limit) ? { maxOutputLength: Math.max(limit, 1) } : {};
  try {
    switch (name) {
      case 'gzip':
      case 'x-gzip':
        return gunzipSync(body, { ...lenient, ...bound });
      case 'deflate':
        // Some servers leave out the header that RFC 9110 §8.4.1.2 asks for.
        return ((body[0] ?? 0) & 0x0f) === 0x08
          ? inflateSync(body, { ...lenient, ...bound })
          : inflateRawSync(body, { ...lenient, ...bound });
      case 'br':
        return brotliDecompressSync(body, { ...lenientBrotli, ...bound });
    }
  } catch (error) {
    const { code } = error as { code?: unknown };
    throw new HttpFailure(code === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : 'reset', true);
  }
  throw new HttpFailure('reset', true);
}
