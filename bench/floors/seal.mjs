// AES-256-GCM by hand: iv, ciphertext and tag in one buffer, bound to the key of the record.
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { key as bytes } from '../lib/keys.mjs';

const secret = createSecretKey(bytes);

export function seal(key, value) {
  const iv = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', secret, iv);
  cipher.setAAD(key);
  return Buffer.concat([
    iv,
    cipher.update(JSON.stringify(value), 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

/** The text inside. */
export function open(key, sealed) {
  const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, 12));
  decipher.setAAD(key);
  decipher.setAuthTag(sealed.subarray(-16));
  const text = decipher.update(sealed.subarray(12, -16), undefined, 'latin1');
  decipher.final();
  return text;
}
