/** The key ring of the benchmark: any 32 bytes will do. */
export const key = Buffer.alloc(32, 7);
export const encryptionKeys = `bench:${key.toString('base64')}`;
