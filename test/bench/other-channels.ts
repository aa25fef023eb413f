/** The same customer elsewhere: orders of the shop as if a live-stream and a till had taken some, each with what it tells of who bought. */
import type { IdentifierType } from '../../shared/identity/identifiers.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { Entry } from '../../shared/profiles/customer.ts';

const ELSEWHERE: readonly { readonly channel: string; readonly tells: IdentifierType }[] = [
  { channel: 'douyin', tells: 'phone' },
  { channel: 'square', tells: 'email' },
];

/** By its number: of three one stays where it is, the others go one to each. */
export function onChannel(entry: Entry, number: number): Entry {
  const place = ELSEWHERE[(number % (ELSEWHERE.length + 1)) - 1];
  if (!place || !entry.content) return entry;
  const { channel, tells } = place;
  const { contribution, identifiers, values } = entry.content;
  const moved = (name: string) => `${channel}/${name.split('/').slice(1).join('/')}`;
  const told = identifiers.filter(({ type }) => type === tells);
  const key = moved(entry.key);
  return {
    ...entry,
    // The cast: of a persona's form.
    persona: moved(entry.persona) as PersonaId,
    key,
    content: {
      ...entry.content,
      contribution: { ...contribution, key, channel },
      identifiers: told,
      values: Object.fromEntries(told.flatMap(({ hash }) => (values[hash] ? [[hash, values[hash]]] : []))),
    },
  };
}
