/** `push suppress`, `unsuppress`, `suppressed`: phones and emails that are never written to. The list can be asked, and not read. */
import type { Command } from 'commander';
import type { ShownOf } from '../../shared/api/route.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { CONTACTS_MOST } from '../../shared/push/suppression-list.ts';
import { apiFor } from '../api.ts';
import { UsageError } from '../errors.ts';
import { readTextOf } from '../json-file.ts';
import { answer, minute, plural, table } from '../output.ts';
import { globalsOf, type Session } from '../session.ts';
import type { World } from '../world.ts';

interface ContactOptions {
  readonly phone: readonly string[];
  readonly email: readonly string[];
  readonly file?: string;
  readonly region: string;
}

type Contact = { readonly phone: string; readonly region: string } | { readonly email: string };

export function addSuppressions(push: Command, session: Session): void {
  const { world } = session;
  contacts(push, 'suppress', 'never write to whoever has one of these, now or later, whatever they consent to')
    .option('--source <text>', 'which list they come from, or who asked for it')
    .action(async (options: ContactOptions & { readonly source?: string }, command: Command) => {
      const globals = globalsOf(command);
      const parts = await contactsFrom(options, world);
      const api = await apiFor(session, globals);
      const source = options.source === undefined ? {} : { source: options.source };
      let suppressed = 0;
      for (const part of parts)
        suppressed += (await api.call(ROUTES.putSuppressions, { body: { contacts: part, ...source } })).suppressed;
      answer(world, globals, { suppressed }, () => `${plural(suppressed, 'contact')} will never be written to.`);
    });
  contacts(push, 'unsuppress', 'take these off the list; what each customer has consented to counts again').action(
    async (options: ContactOptions, command: Command) => {
      const globals = globalsOf(command);
      const parts = await contactsFrom(options, world);
      const api = await apiFor(session, globals);
      let removed = 0;
      for (const part of parts)
        removed += (await api.call(ROUTES.removeSuppressions, { body: { contacts: part } })).removed;
      answer(world, globals, { removed }, () => `${plural(removed, 'contact')} taken off the list.`);
    },
  );
  contacts(push, 'suppressed', 'ask whether these are on the list').action(
    async (options: ContactOptions, command: Command) => {
      const globals = globalsOf(command);
      const parts = await contactsFrom(options, world);
      const api = await apiFor(session, globals);
      const items: ShownOf<typeof ROUTES.lookUpSuppressions>['items'] = [];
      for (const part of parts)
        items.push(...(await api.call(ROUTES.lookUpSuppressions, { body: { contacts: part } })).items);
      const asked = parts.flat().map((contact) => ('phone' in contact ? contact.phone : contact.email));
      answer(world, globals, { items }, () =>
        table(
          ['contact', 'suppressed', 'since', 'by', 'source'],
          items.map(({ suppressed, at, by = '', source = '' }, index) => [
            ...[asked[index] ?? '', suppressed ? 'yes' : 'no', at === undefined ? '' : `${minute(at)} UTC`, by, source],
          ]),
        ),
      );
    },
  );
}

const contacts = (push: Command, name: string, description: string): Command =>
  push
    .command(name)
    .description(description)
    .option('--phone <phone>', 'may be said several times', collect, [])
    .option('--email <email>', 'likewise', collect, [])
    .option('--file <file>', 'a phone or email a line; - reads stdin')
    .option('--region <country>', 'of phones without a country code', 'CN');

const collect = (text: string, before: readonly string[]): string[] => [...before, text];

/** In parts of what one request takes. */
async function contactsFrom(
  { phone, email, file, region }: ContactOptions,
  world: Pick<World, 'cwd' | 'readStdin'>,
): Promise<Contact[][]> {
  const text = file === undefined ? '' : await readTextOf(file, 'contacts', world);
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const all = [...phone, ...email, ...lines.filter((line) => line !== '')].map(
    (contact): Contact => (contact.includes('@') ? { email: contact } : { phone: contact, region }),
  );
  if (all.length === 0) throw new UsageError('Say whom: --phone, --email, or --file.', 'contacts_missing');
  return Array.from({ length: Math.ceil(all.length / CONTACTS_MOST) }, (_, part) =>
    all.slice(part * CONTACTS_MOST, (part + 1) * CONTACTS_MOST),
  );
}
