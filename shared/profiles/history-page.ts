/** A page of what became of a profile, with what people decided about its personas between the entries of their time. */
import { type DecisionEntry, type HistoryEntry, type HistoryStore, withDecisions } from '../publish/history.ts';
import type { CustomerStore, PageOf, Place } from './customer.ts';

export async function historyPage(
  { persona, members }: Pick<Place<unknown>, 'persona' | 'members'>,
  { limit, after }: { readonly limit: number; readonly after?: string | undefined },
  {
    history,
    customers,
  }: {
    readonly history: Pick<HistoryStore, 'listHistory'>;
    readonly customers: Pick<CustomerStore<unknown>, 'getContent'>;
  },
): Promise<PageOf<HistoryEntry | DecisionEntry>> {
  const { items, next } = await history.listHistory(persona, limit, after);
  const contents = await Promise.all(members.map((member) => customers.getContent(member)));
  const isOfThisPage = ({ at }: { readonly at: string }) =>
    (next === undefined || at >= (items.at(-1)?.occurredAt ?? '')) && (after === undefined || at < after);
  const decisions = contents.flatMap((content) => content.decisions).filter(isOfThisPage);
  return { items: withDecisions(items, decisions), ...(next !== undefined && { next }) };
}
