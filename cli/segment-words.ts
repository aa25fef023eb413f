/** Conditions in words, with what they name called as the brand calls it. */
import { ROUTES } from '../shared/api/routes.ts';
import type { Condition } from '../shared/segments/condition.ts';
import { segmentsIn } from '../shared/segments/dependencies.ts';
import { describeCondition, type NamesInUse } from '../shared/segments/words.ts';
import type { Language } from '../shared/tiers/reasons.ts';
import type { Api } from './api.ts';
import { listAll } from './pages.ts';

/** The currency is that of the tier policy, which is in no other. */
export async function namesFor(conditions: readonly Condition[], api: Api): Promise<NamesInUse> {
  const asksAboutOthers = conditions.some((one) => segmentsIn(one).length > 0);
  const [{ policy }, others] = await Promise.all([
    api.call(ROUTES.getTierPolicy),
    asksAboutOthers ? listAll((query) => api.call(ROUTES.listSegments, { query })) : [],
  ]);
  return {
    reportingCurrency: policy.currency,
    segments: new Map(others.map(({ id, name }) => [id, name])),
  };
}

/** A line each, indented as the tree is. */
export const linesOf = (condition: Condition, language: Language, names: NamesInUse): string[] =>
  describeCondition(condition, language, names).map(({ depth, text }) => `${'  '.repeat(depth)}${text}`);
