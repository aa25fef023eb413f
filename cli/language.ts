/** In which language sentences are told. */
import { Option } from 'commander';
import type { Language } from '../shared/tiers/reasons.ts';
import type { World } from './world.ts';

export const languageOption = (): Option =>
  new Option('--lang <language>', "of sentences, if not your terminal's").choices(['zh', 'en']);

export const languageOf = (given: Language | undefined, { env }: Pick<World, 'env'>): Language =>
  given ?? (/^zh/i.test(env.LC_ALL || env.LC_MESSAGES || env.LANG || '') ? 'zh' : 'en');
