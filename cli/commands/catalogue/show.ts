/** `catalogue show`: a product, its variants and what is in stock. */
import type { Command } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import { apiFor } from '../../api.ts';
import { readProductId, renderProduct } from '../../catalogue-text.ts';
import { answer } from '../../output.ts';
import { examples, globalsOf, type Session } from '../../session.ts';

export function addShow(catalogue: Command, session: Session): void {
  const { world } = session;
  catalogue
    .command('show')
    .description('show a product: its variants, prices and stock, how channels call it, what it goes with')
    .argument('<id>', 'the product', readProductId)
    .addHelpText('after', examples('catalogue show dongding', 'catalogue show dongding --json'))
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      answer(world, globals, await api.call(ROUTES.getProduct, { params: { id } }), renderProduct);
    });
}
