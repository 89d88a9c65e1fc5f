import { describe, expect, it } from '@jest/globals';
import { systemRandomness } from './system.js';

describe('random bytes', () => {
  it('are as many as asked for, and never the same twice', () => {
    const seen = new Set<string>();
    const sizes = [12, 16, 32, 1000, 1024, 1025, 5000];
    for (let call = 0; call < 2_000; call += 1) {
      const size = sizes[call % sizes.length] ?? 16;
      const bytes = systemRandomness.bytes(size);
      expect(bytes).toHaveLength(size);
      seen.add(bytes.toString('hex', 0, 12));
    }
    expect(seen.size).toBe(2_000);
  });

  it('are in memory of their own: what is done to some changes no others, and nothing stands beside them', () => {
    const [first, second] = [systemRandomness.bytes(16), systemRandomness.bytes(16)];
    const before = second.toString('hex');
    first.fill(0);
    expect(second.toString('hex')).toBe(before);
    expect(second.buffer.byteLength).toBe(16);
  });

  it('may be none', () => {
    expect(systemRandomness.bytes(0)).toHaveLength(0);
  });
});
