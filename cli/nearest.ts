import { nearest } from '../shared/text/nearest.ts';

export function didYouMean(wrong: string, words: Iterable<string>): string {
  const word = nearest(wrong, words);
  return word === undefined ? '' : ` Did you mean ${word}?`;
}
