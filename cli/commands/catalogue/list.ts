/** `catalogue list`: products, all or those of a category. */
import type { Command } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import type { Language } from '../../../shared/tiers/reasons.ts';
import { apiFor } from '../../api.ts';
import { renderProducts } from '../../catalogue-text.ts';
import { languageOf, languageOption } from '../../language.ts';
import { answer } from '../../output.ts';
import { gatherAsked, noteMore, type PageOptions, withPages } from '../../pages.ts';
import { examples, globalsOf, refuseOtherWords, type Session } from '../../session.ts';

interface ListOptions extends PageOptions {
  readonly category?: string;
  readonly lang?: Language;
}

export function addList(catalogue: Command, session: Session): void {
  const { world } = session;
  withPages(
    catalogue
      .command('list', { isDefault: true })
      .description('list products, in an order that says nothing')
      .option('--category <path>', 'of this category and all below it: 茶/乌龙茶'),
  )
    .addOption(languageOption())
    .addHelpText('after', examples('catalogue', 'catalogue list --category 茶 --all --json'))
    .allowExcessArguments()
    .action(async ({ category, lang, ...pages }: ListOptions, command: Command) => {
      refuseOtherWords(command, catalogue);
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const ask = (query: { limit: number; cursor?: string }) =>
        api.call(ROUTES.listProducts, { query: { ...query, ...(category !== undefined && { category }) } });
      const listed = await gatherAsked(ask, pages, { command, world, globals });
      answer(world, globals, listed, () => renderProducts(listed.items, languageOf(lang, world)));
      noteMore(listed, world, globals);
    });
}
