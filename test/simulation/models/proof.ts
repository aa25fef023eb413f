/** What campaigns brought, in memory, as `shared/proof/store.ts` keeps it. */
import { readFile } from 'node:fs/promises';
import {
  AttributedOrder,
  type AttributedOrderStore,
  type AttributionFiles,
} from '../../../shared/proof/attributed-order.ts';
import { CampaignResult, type ResultStore } from '../../../shared/proof/result.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';

export function memoryResults(): ResultStore {
  const results = new Map<string, string>();
  const read = (json: string) => CampaignResult.parse(JSON.parse(json));
  return {
    listResults: async () => [...results].sort().map(([, json]) => read(json)),
    async getResult(campaign) {
      const json = results.get(campaign);
      return json === undefined ? undefined : read(json);
    },
    async putResult(result) {
      const known = results.get(result.campaign);
      if (known === undefined || read(known).asOf <= result.asOf) results.set(result.campaign, JSON.stringify(result));
    },
  };
}

export function memoryAttributedOrders(): AttributedOrderStore {
  const orders = new Map<string, Map<string, string>>();
  const read = (json: string) => AttributedOrder.parse(JSON.parse(json));
  return {
    async listOrders(campaign, limit, after) {
      const all = [...(orders.get(campaign) ?? [])].sort().filter(([key]) => after === undefined || key > after);
      const page = all.slice(0, limit);
      const next = all.length > limit ? page.at(-1)?.[0] : undefined;
      return { items: page.map(([, json]) => read(json)), ...(next !== undefined && { next }) };
    },
    async putOrder(order) {
      const own = orders.get(order.campaign) ?? new Map<string, string>();
      const known = own.get(order.order);
      if ((known === undefined ? 0 : read(known).revision) !== order.revision - 1)
        throw new Conflict('attribution_changed', 'Another run wrote it meanwhile.');
      orders.set(order.campaign, own.set(order.order, JSON.stringify(order)));
    },
  };
}

export function memoryAttributions(): AttributionFiles & { readonly files: ReadonlyMap<string, Buffer> } {
  const files = new Map<string, Buffer>();
  return {
    files,
    async putOrders(campaign, file) {
      files.set(campaign, await readFile(file));
    },
  };
}
