/** `order`: the canonical order, as it is computed from its parts now. */
import type { Command } from 'commander';
import { deriveOrder } from '../../shared/orders/derive.ts';
import { orderKey, parseOrderKey } from '../../shared/orders/order-key.ts';
import { CliError, UsageError } from '../errors.ts';
import { type History, historyOf } from '../order-history.ts';
import { renderHistory, renderOrder } from '../order-text.ts';
import { answer } from '../output.ts';
import { deploymentFor, examples, globalsOf, readChannel, type Session } from '../session.ts';

interface OrderOptions {
  readonly history?: boolean;
  readonly showBuyer?: boolean;
}

export function addOrder(program: Command, session: Session): void {
  const { world } = session;
  program
    .command('order')
    .description('show the canonical order; with --history the parts it is made of')
    .argument('<key>', 'channel/connection/orderId')
    .option('--history', 'the parts, each with its version and the envelope that it came from')
    .option('--show-buyer', 'name the buyer in the text; JSON always does')
    .addHelpText(
      'after',
      examples('order shopify/my-shop/450789469', 'order shopify/my-shop/450789469 --history --json'),
    )
    .action(async (key: string, options: OrderOptions, command: Command) => {
      const globals = globalsOf(command);
      const name = parseOrderKey(key);
      if (!name) {
        throw new UsageError(
          `${key} is no order key. It is channel/connection/orderId, for example shopify/my-shop/450789469.`,
          'order_key_invalid',
        );
      }
      const { category } = readChannel(name.channel, world.doors);
      const { orders } = await deploymentFor(session, globals);
      const stored = await orders.getOrder(orderKey(name));
      if (!stored) {
        throw new CliError(
          'order_not_found',
          `There is no order ${key}. If its webhook came, look at \`tributary quarantine list\`.`,
        );
      }
      const order = deriveOrder({ ...name, category, revision: stored.revision }, stored.parts);
      const text = () => renderOrder(order, { showBuyer: options.showBuyer === true });
      if (!options.history) return answer(world, globals, order, text);
      const history: History = historyOf(stored.parts, new Set(order.refunds.map((refund) => refund.refundId)));
      answer(world, globals, { order, ...history }, () => `${text()}\n\n${renderHistory(history)}`);
    });
}
