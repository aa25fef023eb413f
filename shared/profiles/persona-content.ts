/** A persona as its months tell of it, together. */
import { addLinks, earlier, type Persona } from '../identity/links.ts';
import type { PersonaId } from '../identity/persona.ts';
import { type Content, type Day, NEVER } from './customer.ts';

const daysOf = ({ months }: Pick<Content, 'months'>): Day[] => months.flatMap((month) => Object.values(month.days));

/** Without a day nobody has heard of it, and it comes last. */
export function personaFrom(id: PersonaId, content: Pick<Content, 'months'>): Persona {
  const days = daysOf(content);
  return {
    id,
    firstReceivedAt: days.reduce((first, { receivedAt }) => earlier(first, receivedAt), NEVER),
    links: days.reduce<Persona['links']>((links, day) => addLinks(links, day.links), []),
  };
}

/** The readable values of its links, by hash. Personal. */
export const valuesFrom = (content: Pick<Content, 'months'>): Map<string, string> =>
  new Map(daysOf(content).flatMap(({ values }) => Object.entries(values)));
