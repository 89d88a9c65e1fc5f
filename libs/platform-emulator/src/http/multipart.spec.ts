import { describe, expect, it } from '@jest/globals';
import { multipartFields } from './multipart.js';

const type = 'multipart/form-data; boundary=xYz';

function bodyOf(...parts: string[]): Buffer {
  return Buffer.from(parts.map((part) => `--xYz\r\n${part}\r\n`).join('') + '--xYz--\r\n');
}

describe('multipartFields', () => {
  it('reads text fields, keeping UTF-8, line breaks and delimiter look-alikes', () => {
    const body = bodyOf(
      'Content-Disposition: form-data; name="appid"\r\n\r\napp',
      'content-disposition: form-data; name="文"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n张\r\n--x伟',
      'Content-Disposition: form-data; name="empty"\r\n\r\n',
    );
    expect(multipartFields(type, body)).toEqual({ appid: 'app', 文: '张\r\n--x伟', empty: '' });
  });

  it('takes the boundary in quotes', () => {
    const body = bodyOf('Content-Disposition: form-data; name="a"\r\n\r\n1');
    expect(multipartFields('multipart/form-data; charset=utf-8; boundary="xYz"', body)).toEqual({ a: '1' });
  });

  it('skips files and what is no part', () => {
    const body = bodyOf(
      'Content-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nfile',
      'no headers',
      'Content-Disposition: attachment; name="b"\r\n\r\n2',
    );
    expect(multipartFields(type, body)).toEqual({});
    expect(multipartFields('multipart/form-data', body)).toEqual({});
    expect(multipartFields(type, Buffer.from('--xYz\r\nContent-Disp'))).toEqual({});
  });
});
