/** Events → the visitors they are of. Repeated, late and out of order they come to the same; two writers at once do, too. */
import type { HashKey } from '../identity/key.ts';
import type { PersonaId } from '../identity/persona.ts';
import { Conflict } from '../runtime/errors.ts';
import type { BehaviourEvent } from './event.ts';
import { anonymousKey, userPersona, type VisitorKey, visitorOf } from './names.ts';
import { mergeVisitors, type Visitor, visitorFrom } from './visitor.ts';
import type { VisitorStore } from './visitor-store.ts';

const ATTEMPTS = 8;

/** What events say of each visitor. Machines and tests are nobody; an alias is of both that it names. */
export function visitorsFrom(events: readonly BehaviourEvent[], key: HashKey): Map<VisitorKey, Visitor> {
  const visitors = new Map<VisitorKey, Visitor>();
  for (const event of events) {
    if (event.bot || event.test) continue;
    const persona = userPersona(event, key);
    for (const visitor of concerned(event, key)) {
      const said = visitorFrom(event, persona);
      const known = visitors.get(visitor);
      visitors.set(visitor, known ? mergeVisitors(known, said) : said);
    }
  }
  return visitors;
}

function concerned(event: BehaviourEvent, key: HashKey): readonly VisitorKey[] {
  const { kind, previousId, proof } = event;
  const own = visitorOf(event, key);
  // Only proven: else anybody could make another's browser their own.
  const before =
    kind === 'alias' && previousId !== undefined && proof !== undefined
      ? anonymousKey(event, previousId, key)
      : undefined;
  return [...new Set([own, before])].filter((one) => one !== undefined);
}

/** The visitor as it is then. Throws Conflict where others were faster each time: then it comes again. */
export async function updateVisitor(key: VisitorKey, said: Visitor, store: VisitorStore): Promise<Visitor> {
  // First: a row that leads to a visitor who does not say so is harmless, one that is missing is not.
  if (said.user) await store.putVisitorOf(said.user.persona, key, said.lastSeenAt);
  for (let attempt = 1; ; attempt++) {
    const known = await store.getVisitor(key);
    const visitor = known ? mergeVisitors(known.visitor, said) : said;
    if (known && JSON.stringify(visitor) === JSON.stringify(known.visitor)) return visitor;
    try {
      await store.putVisitor({ key, revision: (known?.revision ?? 0) + 1, visitor });
      return visitor;
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === ATTEMPTS) throw error;
    }
  }
}

/** What links a user of a source to the customer who bought: see shared/profiles/identify.ts. */
export interface IdentityLinker {
  link(said: Identification): Promise<void>;
}

export interface Identification {
  readonly persona: PersonaId;
  readonly event: BehaviourEvent;
}
