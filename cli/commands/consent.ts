/** `consent`: what a customer has agreed to be written by, and what they have taken back. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ROUTES } from '../../shared/api/routes.ts';
import { PURPOSES, type Purpose, REFUSES_ALL } from '../../shared/profiles/marks.ts';
import type { ConsentsByName } from '../../shared/profiles/unified.ts';
import { apiFor } from '../api.ts';
import { UsageError } from '../errors.ts';
import { answer, minute, oneLine } from '../output.ts';
import { examples, globalsOf, type Session } from '../session.ts';

interface ConsentOptions {
  readonly give: readonly string[];
  readonly refuse: readonly string[];
  readonly refuseAll?: true;
  readonly purpose: Purpose;
  readonly source: string;
  readonly wording?: string;
}

export function addConsent(program: Command, session: Session): void {
  const { world } = session;
  program
    .command('consent')
    .description('show what a customer has consented to; keep what they have given or refused')
    .argument('<profile>', 'id of the profile, or of one of its personas; or of a device')
    .option('--give <channel>', 'push, sms, email, wechat …; may be said several times', readChannel, [])
    .option('--refuse <channel>', 'likewise, and none is sent there any more', readChannel, [])
    .option('--refuse-all', 'in one step: nothing is sent to this customer any more, by any way and for any purpose')
    .addOption(new Option('--purpose <purpose>', 'what for').choices(PURPOSES).default('marketing'))
    .option('--source <text>', 'where the customer said so', 'command line')
    .option('--wording <version>', 'which version of the wording was shown')
    .addHelpText(
      'after',
      examples(
        'consent shopify/my-shop/123',
        'consent shopify/my-shop/123 --give push --source checkout --wording 2026-03',
        'consent shopify/my-shop/123 --refuse push --refuse sms --source "phone call"',
        'consent app-6210 --give push --source "app settings" --wording 2026-03',
      ),
    )
    .action(async (id: string, options: ConsentOptions, command: Command) => {
      const globals = globalsOf(command);
      const consents = saidBy(options);
      const api = await apiFor(session, globals);
      const params = { id };
      const kept =
        consents.length === 0
          ? await api.call(ROUTES.getConsents, { params })
          : await api.call(ROUTES.putConsents, { params, body: { consents } });
      answer(world, globals, kept, ({ profile, consent }) => render(profile ?? id, consent));
    });
}

function saidBy({ give, refuse, refuseAll, purpose, source, wording }: ConsentOptions) {
  const both = give.find((channel) => refuse.includes(channel));
  if (both !== undefined) throw new UsageError(`${both} is both given and refused: say one of them.`);
  const words = { source, ...(wording !== undefined && { wording }) };
  const rest = { purpose, ...words };
  return [
    ...(refuseAll ? [{ channel: REFUSES_ALL, given: false, ...words }] : []),
    ...give.map((channel) => ({ channel, given: true, ...rest })),
    ...refuse.map((channel) => ({ channel, given: false, ...rest })),
  ];
}

function render(profile: string, consent: ConsentsByName): string {
  const words = Object.entries(consent);
  if (words.length === 0) return `${profile} has consented to nothing, so nothing is sent for marketing.`;
  const lines = words.map(([name, { given, at, source, wording }]) => {
    const where = [source, wording && `wording ${wording}`].filter((one) => one !== undefined).map(oneLine);
    return `  ${name.padEnd(24)} ${(given ? 'given' : 'refused').padEnd(8)} ${minute(at)} UTC  ${where.join(', ')}`.trimEnd();
  });
  return [`Consents of ${profile}`, ...lines].join('\n');
}

function readChannel(text: string, before: readonly string[]): string[] {
  if (!/^[a-z0-9_]{1,32}$/.test(text))
    throw new InvalidArgumentError('It is in small letters, digits and _, as in push, sms, email, wechat.');
  return [...before, text];
}
