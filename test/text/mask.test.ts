import { expect, test } from 'vitest';
import { maskName } from '../../shared/text/mask.ts';

test.each([
  ['陈小雨', '陈*'],
  ['小雨 陈', '小* 陈*'],
  ['𠮷田', '𠮷*'],
  ['김민수', '김*'],
  ['Anna Novak', 'A*** N***'],
  [' Élodie\t Émond ', 'É*** É***'],
  ['E\u0301lodie', 'É***'],
  ['A B', 'A*** B***'],
  ['王**', '王*'],
  ['anna@example.com', 'a***'],
  ['+86 138 0013 8000', '*** *** ***'],
  ['Flat 3 Long Street 5', 'F*** *** L***'],
  ['', ''],
])('%s is shown as %s', (name, shown) => {
  expect(maskName(name)).toBe(shown);
});

test('two names of the same initials look the same, whatever their length', () => {
  expect(maskName('陈明')).toBe(maskName('陈小雨'));
  expect(maskName('Al Ng')).toBe(maskName('Alexandra Nguyen'));
});
