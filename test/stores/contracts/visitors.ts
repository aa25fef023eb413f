/** What every store of visitors does. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { VisitorKey } from '../../../shared/behaviour/names.ts';
import type { Visitor } from '../../../shared/behaviour/visitor.ts';
import type { VisitorStore } from '../../../shared/behaviour/visitor-store.ts';
import type { PersonaId } from '../../../shared/identity/persona.ts';
import { Conflict } from '../../../shared/runtime/errors.ts';
import { instant } from '../../../shared/time/instant.ts';
import { unique } from './samples.ts';

// Of now, or a store that minds the time would forget it at once.
const AT = instant(Date.now());
// The casts: names as the product makes them.
const newKey = () => `web-shop#${unique()}` as VisitorKey;
const newPersona = () => `web/web-shop/${unique()}` as PersonaId;

const VISITOR: Visitor = {
  views: [{ at: AT, id: 'm1', product: { productId: '乌龙', quantity: 1, categoryPath: ['茶', '乌龙茶'] } }],
  cart: {
    state: { at: AT, id: 'm2', products: [{ productId: 'p', quantity: 2.5, price: 1250, currency: 'CNY' }] },
    lines: [{ at: AT, id: 'm3', product: { productId: 'q', skuId: 's', quantity: 1 }, isIn: false }],
  },
  checkout: { at: AT, id: 'm4' },
  lastSeenAt: AT,
  user: { at: AT, id: 'm5', persona: newPersona() },
  zone: { at: AT, id: 'm6', value: 'Asia/Shanghai' },
};

export function visitorStoreContract(name: string, make: () => Promise<VisitorStore>): void {
  describe(`visitors: ${name}`, () => {
    let store: VisitorStore;
    beforeAll(async () => {
      store = await make();
    });

    it('gives back what was put, exactly, and puts only what follows what was seen', async () => {
      const key = newKey();
      expect(await store.getVisitor(key)).toBeUndefined();
      const first = { key, revision: 1, visitor: VISITOR };
      await expect(store.putVisitor({ ...first, revision: 2 })).rejects.toThrow(Conflict);
      await store.putVisitor(first);
      expect(await store.getVisitor(key)).toEqual(first);
      await expect(store.putVisitor(first)).rejects.toMatchObject({ code: 'visitor_changed' });
      const next = { key, revision: 2, visitor: { views: [], cart: { lines: [] }, lastSeenAt: AT } };
      await store.putVisitor(next);
      expect(await store.getVisitor(key)).toEqual(next);
    });

    it('names the visitors of a persona, each once, and no more than asked for', async () => {
      const [persona, other] = [newPersona(), newPersona()];
      const keys = [newKey(), newKey(), newKey()].sort();
      for (const key of [...keys, ...keys]) await store.putVisitorOf(persona, key, AT);
      await store.putVisitorOf(other, newKey(), AT);
      expect(await store.listVisitorsOf(persona, 10)).toEqual(keys);
      expect(await store.listVisitorsOf(persona, 2)).toHaveLength(2);
      expect(await store.listVisitorsOf(newPersona(), 10)).toEqual([]);
    });
  });
}
