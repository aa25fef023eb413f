/** A persona as its months, and what the brand said of it, tell of it together. */
import { addLinks, earlier, linksOf, type Persona } from '../identity/links.ts';
import type { PersonaId } from '../identity/persona.ts';
import { type Content, type Day, NEVER } from './customer.ts';
import { saidBy } from './identified.ts';

type Telling = Pick<Content, 'months' | 'identified'>;

const daysOf = ({ months }: Pick<Content, 'months'>): Day[] => months.flatMap((month) => Object.values(month.days));

/** Without a day, and not a word of the brand's, nobody has heard of it, and it comes last. */
export function personaFrom(id: PersonaId, content: Telling): Persona {
  const days = daysOf(content);
  const { identified = [] } = content;
  // Of no order: it is evidence, and counts as none.
  const told = identified.map((one) => linksOf(saidBy(one)).map((link) => ({ ...link, orders: 0 })));
  return {
    id,
    firstReceivedAt: [...days, ...identified].reduce((first, { receivedAt }) => earlier(first, receivedAt), NEVER),
    links: [...days.map(({ links }) => links), ...told].reduce<Persona['links']>(addLinks, []),
  };
}

/** Whether it says anything: of who has nothing left, nothing is to be known. */
export const saysAnything = ({ months, identified = [] }: Telling): boolean =>
  identified.length > 0 || months.some(({ days }) => Object.keys(days).length > 0);

/** The readable values of its links, by hash. Personal. */
export const valuesFrom = (content: Telling): Map<string, string> =>
  new Map([
    ...daysOf(content).flatMap(({ values }) => Object.entries(values)),
    ...(content.identified ?? []).map(({ identifier, value }) => [identifier.hash, value] as const),
  ]);
