import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formEncode } from './form-encode.js';

const asUsual = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

describe('formEncode', () => {
  it('writes every character of ASCII as URLSearchParams does', () => {
    for (let code = 0; code < 128; code += 1) {
      const char = String.fromCharCode(code);
      expect(formEncode(`a${char}b`)).toBe(asUsual(`a${char}b`));
    }
  });

  it('writes any text as URLSearchParams does, halves of characters too', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })), (text) => {
        expect(formEncode(text)).toBe(asUsual(text));
      }),
    );
    expect(formEncode('\ud800')).toBe(asUsual('\ud800'));
  });
});
