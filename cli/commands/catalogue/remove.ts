/** `catalogue remove`: a product is no more. */
import type { Command } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import { apiFor } from '../../api.ts';
import { readProductId } from '../../catalogue-text.ts';
import { answer } from '../../output.ts';
import { examples, globalsOf, type Session } from '../../session.ts';

export function addRemove(catalogue: Command, session: Session): void {
  const { world } = session;
  catalogue
    .command('remove')
    .description(
      'remove a product, with its listings and stock. Where orders name it, it is derived of them again: to have it recommended no more, import it as excluded',
    )
    .argument('<id>', 'the product', readProductId)
    .addHelpText('after', examples('catalogue remove dongding'))
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      await api.call(ROUTES.removeProduct, { params: { id } });
      answer(world, globals, { removed: id }, () => `Product ${id} is removed.`);
    });
}
