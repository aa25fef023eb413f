/** `sources rotate`: another key in the place of one. */
import { type Command, Option } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import { apiFor } from '../../api.ts';
import { answer, minute } from '../../output.ts';
import { examples, globalsOf, type Session } from '../../session.ts';
import { readSourceId } from '../../source-id.ts';
import { renderServerKey } from '../../source-text.ts';

interface RotateOptions {
  readonly key: 'write' | 'server';
  readonly expireNow?: true;
}

export function addRotate(sources: Command, session: Session): void {
  const { world } = session;
  sources
    .command('rotate')
    .description('make a new key and show it; for a day (a write key: a week) the one before is taken, too')
    .argument('<id>', 'the source', readSourceId)
    .addOption(new Option('--key <which>', 'which of its keys').choices(['write', 'server']).makeOptionMandatory())
    .option('--expire-now', 'the one before is taken no more, within a minute: for one that has become known')
    .addHelpText('after', examples('sources rotate web-shop --key server --expire-now'))
    .action(async (id: string, { key: which, expireNow }: RotateOptions, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const body = { key: which, ...(expireNow && { overlapMs: 0 }) };
      const rotated = await api.call(ROUTES.rotateSourceKey, { params: { id }, body });
      answer(world, globals, rotated, ({ key, previousValidUntil: until }) =>
        [
          `Source ${id} has a new ${which} key. ${until === undefined ? 'The one before is taken no more.' : `Until ${minute(until)} UTC the one before is taken as well.`}`,
          which === 'server' ? renderServerKey(key) : `\n  ${key}`,
        ].join('\n'),
      );
    });
}
