/** `tag`: what the brand calls a customer, beside what the orders say. */
import { type Command, InvalidArgumentError } from 'commander';
import { ROUTES } from '../../shared/api/routes.ts';
import { MarkName } from '../../shared/profiles/marks.ts';
import { apiFor } from '../api.ts';
import { UsageError } from '../errors.ts';
import { answer, oneLine } from '../output.ts';
import { examples, globalsOf, type Session } from '../session.ts';

interface TagOptions {
  readonly add: readonly string[];
  readonly remove: readonly string[];
}

export function addTag(program: Command, session: Session): void {
  const { world } = session;
  program
    .command('tag')
    .description('give a customer tags, or take them away; segments that ask for them follow within moments')
    .argument('<profile>', 'id of the profile, or of one of its personas')
    .option('--add <tag>', 'give this one; may be said several times', readTag, [])
    .option('--remove <tag>', 'take this one away; may be said several times', readTag, [])
    .addHelpText(
      'after',
      examples('tag shopify/my-shop/123 --add VIP --add 老客户', 'tag shopify/my-shop/123 --remove VIP'),
    )
    .action(async (id: string, { add, remove }: TagOptions, command: Command) => {
      if (add.length + remove.length === 0) throw new UsageError('Say which tag: --add TAG, or --remove TAG.');
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const tagged = await api.call(ROUTES.tagProfile, {
        params: { id },
        body: { add: [...add], remove: [...remove] },
      });
      answer(world, globals, tagged, ({ profile, tags }) =>
        tags.length === 0
          ? `${profile} has no tags.`
          : [`Tags of ${profile}`, ...tags.map((tag) => `  ${oneLine(tag)}`)].join('\n'),
      );
    });
}

function readTag(text: string, before: readonly string[]): string[] {
  const read = MarkName.safeParse(text);
  if (!read.success) throw new InvalidArgumentError('A tag is 1 to 64 characters, none of them control characters.');
  return [...before, read.data];
}
