/** The rules of a policy in the words of a marketer, Chinese and English: what they ask for, where `reasons.ts` tells what came of it. */
import { MEASURES } from './measures.ts';
import { type Policy, type Rule, type Test, type Tier, thresholdOf } from './policy.ts';
import { amount, type Language, ordinal, plain } from './reasons.ts';

export type Words = Readonly<Record<Language, string>>;

export interface RuleInWords {
  readonly tier: Tier;
  readonly name: Words;
  /** Each of them is asked for. */
  readonly all: readonly Words[];
  /** And of these one, where there are any. */
  readonly any: readonly Words[];
}

export const rulesInWords = ({ rules, currency }: Policy): readonly RuleInWords[] =>
  rules.map(({ tier, name, all, any = [] }: Rule) => {
    const inWords = (test: Test) => testInWords(test, currency);
    return { tier, name, all: all.map(inWords), any: any.map(inWords) };
  });

function testInWords(test: Test, currency: string): Words {
  const { measure, percentile, resolved, atLeast } = test;
  const { zh, en } = MEASURES[measure];
  const threshold = (language: Language) => amount(thresholdOf(test), { measure, currency }, language);
  return {
    zh: `${zh}${atLeast === undefined ? '至多' : '至少'} ${threshold('zh')}${chineseSource(percentile, resolved)}`,
    en: `${en}: ${atLeast === undefined ? 'at most' : 'at least'} ${threshold('en')}${englishSource(percentile, resolved)}`,
  };
}

function chineseSource(percentile: number | undefined, resolved: boolean | undefined): string {
  if (percentile === undefined) return '';
  const place = `全体客户的第 ${plain(percentile)} 百分位`;
  return resolved ? `（取自${place}）` : `（暂用，日后取自${place}）`;
}

function englishSource(percentile: number | undefined, resolved: boolean | undefined): string {
  if (percentile === undefined) return '';
  const place = `the ${ordinal(percentile)} percentile of all customers`;
  return resolved ? ` (${place})` : ` (until ${place} is taken)`;
}
