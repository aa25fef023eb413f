/** `campaign orders`: which orders count for a campaign's messages. */
import type { Command } from 'commander';
import { ROUTES } from '../../shared/api/routes.ts';
import { apiFor } from '../api.ts';
import { readCampaignId } from '../campaign-text.ts';
import { answer } from '../output.ts';
import { gatherAsked, noteMore, type PageOptions, withPages } from '../pages.ts';
import { renderOrders } from '../proof-text.ts';
import { globalsOf, type Session } from '../session.ts';

export function addOrders(campaign: Command, session: Session): void {
  const { world } = session;
  withPages(
    campaign
      .command('orders')
      .description("list the orders that count for a campaign's messages, and those that were taken back")
      .argument('<id>', 'the campaign', readCampaignId),
  ).action(async (id: string, options: PageOptions, command: Command) => {
    const globals = globalsOf(command);
    const api = await apiFor(session, globals);
    const ask = (query: { limit: number; cursor?: string }) =>
      api.call(ROUTES.listOrdersOfCampaign, { params: { id }, query });
    const listed = await gatherAsked(ask, options, { command, world, globals });
    answer(world, globals, listed, ({ items }) => renderOrders(items));
    noteMore(listed, world, globals);
  });
}
