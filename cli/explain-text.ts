/** An explanation as text to read, in one language. */
import type { Explanation } from '../shared/profiles/explain.ts';
import type { Words } from '../shared/profiles/explain-words.ts';
import type { ExplainedSegment } from '../shared/segments/explain-segments.ts';
import type { Language } from '../shared/tiers/reasons.ts';
import { oneLine } from './output.ts';

const HEADINGS = {
  customer: { zh: '客户', en: 'Customer' },
  personas: { zh: '身份', en: 'Personas' },
  evidence: { zh: '为何是同一客户', en: 'Why they are one customer' },
  decisions: { zh: '人工判定', en: 'What people decided' },
  suggestions: { zh: '可能是同一客户', en: 'Who may be the same customer' },
  unlinked: { zh: '未用于合并的信息', en: 'What joined nobody' },
  tier: { zh: '为何属于该分层', en: 'Why this tier' },
  segments: { zh: '为何在这些人群中', en: 'Why these segments' },
  since: { zh: '首单收到于', en: 'first heard of' },
  noOrders: { zh: '已无订单', en: 'no order left' },
} as const satisfies Readonly<Record<string, Words>>;

export function renderExplanation(
  explanation: Explanation & { readonly segments: readonly ExplainedSegment[] },
  language: Language,
): string {
  const { id, personas, evidence, acceptances, cuts, suggestions, shared, rejected, remarks, tier, segments } =
    explanation;
  const title = (heading: keyof typeof HEADINGS) => HEADINGS[heading][language];
  const section = (heading: keyof typeof HEADINGS, lines: readonly string[]) =>
    lines.length === 0 ? [] : [[title(heading), ...lines.map((line) => `  ${oneLine(line)}`)].join('\n')];
  const told = (all: readonly Words[]) => [...new Set(all.map((words) => words[language]))];
  return [
    `${title('customer')} ${oneLine(id)}`,
    ...section(
      'personas',
      personas.map((persona) => {
        const { firstReceivedAt, names } = persona;
        const first =
          firstReceivedAt === undefined ? title('noOrders') : `${title('since')} ${firstReceivedAt.slice(0, 10)}`;
        return [persona.id, first, ...names].join('  ');
      }),
    ),
    ...section('evidence', told([...evidence, ...remarks])),
    ...section('decisions', told([...acceptances, ...cuts])),
    ...section(
      'suggestions',
      suggestions.map((one) => `${one.with}: ${told(one.reasons).join(' ')}`),
    ),
    ...section('unlinked', told([...shared, ...rejected])),
    ...section('tier', [tier[language]]),
    ...section(
      'segments',
      segments.map(
        ({ id, name, since, because }) =>
          `${name} (${id}), ${since.slice(0, 10)}: ${because.map((line) => line[language]).join(' ')}`,
      ),
    ),
  ].join('\n\n');
}
