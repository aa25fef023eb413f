/** What is sealed is given back whole, by a key that is known, or not at all. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sealer } from '../../shared/identity/seal.ts';
import { Defect } from '../../shared/runtime/errors.ts';

const key = (fill: number) => Buffer.alloc(32, fill);
const one = sealer({ current: 1, keys: new Map([[1, key(1)]]) });

describe('a seal', () => {
  it('gives back what JSON can say', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const content: unknown = JSON.parse(text);
        expect(one.open(one.seal(content))).toEqual(content);
      }),
    );
  });

  it('shows nothing of what is in it, and is another each time', () => {
    const content = { name: '陈小雨', phone: '+8613912345678' };
    const [a, b] = [one.seal(content), one.seal(content)].map((bytes) => Buffer.from(bytes));
    expect(a).not.toEqual(b);
    expect(a?.includes('13912345678')).toBe(false);
    expect(a?.includes('陈小雨')).toBe(false);
  });

  it('is broken by any altered or missing byte', () => {
    const bytes = one.seal({ phone: '+8613912345678' });
    for (let at = 0; at < bytes.length; at++) {
      const altered = Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ 1 : byte));
      expect(() => one.open(altered)).toThrow(Defect);
      expect(() => one.open(bytes.subarray(0, at))).toThrow(Defect);
    }
  });

  it('opens by the key it was made with, after that was replaced, too', () => {
    const before = one.seal('old');
    const both = sealer({
      current: 2,
      keys: new Map([
        [1, key(1)],
        [2, key(2)],
      ]),
    });
    expect(both.open(before)).toBe('old');
    expect(() => one.open(both.seal('new'))).toThrow('no sealing key 2');
  });
});
