/** `sources add`: a page, app, mini program or server that sends browse events from now on. */
import { type Command, Option } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import { SOURCE_KINDS, type SourceKind } from '../../../shared/sources/source.ts';
import { apiFor } from '../../api.ts';
import { answer } from '../../output.ts';
import { examples, globalsOf, type Session } from '../../session.ts';
import { readSourceId } from '../../source-id.ts';
import { renderServerKey } from '../../source-text.ts';

interface AddOptions {
  readonly kind: SourceKind;
  readonly id?: string;
  readonly zone?: string;
  readonly currency?: string;
  readonly region?: string;
}

export function addAdd(sources: Command, session: Session): void {
  const { world } = session;
  sources
    .command('add')
    .description('add a source, and show its write key and, once, its server key')
    .argument('<name>', 'for people, such as "Web shop"')
    .addOption(new Option('--kind <kind>', 'what it is').choices(SOURCE_KINDS).default('web'))
    .option('--id <id>', 'what to call it; one is made up unless given', readSourceId)
    .option('--zone <zone>', 'of visitors whose events say none, such as Asia/Shanghai')
    .option('--currency <code>', 'of prices whose events say none, such as CNY')
    .option('--region <code>', 'of phones that are written without a country code, such as CN')
    .addHelpText(
      'after',
      examples('sources add "Web shop" --id web-shop', 'sources add "Mini program" --kind mini_program'),
    )
    .action(async (name: string, options: AddOptions, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const added = await api.call(ROUTES.addSource, { body: { name, ...options } });
      answer(world, globals, added, () =>
        [
          `Source ${added.id} is taken from at once, under the write key ${added.writeKey}, which may be seen by anybody.`,
          renderServerKey(added.serverKey),
          '\nHow to point an SDK at it: docs/behaviour.md.',
        ].join('\n'),
      );
    });
}
