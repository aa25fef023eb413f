/** What every store of subscribers, of their dead letters and of their signing secrets does. */
import { beforeAll, describe, expect, it } from 'vitest';
import { Conflict } from '../../../shared/runtime/errors.ts';
import type { DeadLetter, DeadLetterStore } from '../../../shared/subscribers/dead-letter.ts';
import { newSigningSecret } from '../../../shared/subscribers/sign.ts';
import type { SigningSecretStore, Subscriber, SubscriberStore } from '../../../shared/subscribers/subscriber.ts';
import { instant } from '../../../shared/time/instant.ts';
import { unique } from './samples.ts';

const AT = instant(Date.UTC(2026, 10, 24, 10));
const newSubscriber = (change: Partial<Subscriber> = {}): Subscriber => ({
  id: `sub_${unique()}`,
  url: 'https://receiver.example.com/hooks?a=1',
  events: ['segment.entered', 'segment.exited'],
  paused: false,
  revision: 1,
  createdAt: AT,
  by: 'operator',
  ...change,
});

export function subscriberStoreContract(name: string, make: () => Promise<SubscriberStore>): void {
  describe(`subscribers: ${name}`, () => {
    let store: SubscriberStore;
    beforeAll(async () => {
      store = await make();
    });

    it('gives back what was put, exactly', async () => {
      const plain = newSubscriber();
      const full = newSubscriber({
        description: '订阅者 of the newsletter',
        segments: ['vip', 'sleeping'],
        causes: ['live', 'review'],
        paused: true,
        gaveUp: { at: AT, code: 'http_500' },
      });
      for (const subscriber of [plain, full]) {
        expect(await store.getSubscriber(subscriber.id)).toBeUndefined();
        await store.putSubscriber(subscriber);
        expect(await store.getSubscriber(subscriber.id)).toEqual(subscriber);
      }
      const lifted = { ...plain, id: full.id, revision: 2 };
      await store.putSubscriber(lifted);
      expect(await store.getSubscriber(full.id)).toEqual(lifted);
    });

    it('puts and removes only what was seen', async () => {
      const subscriber = newSubscriber();
      await expect(store.putSubscriber({ ...subscriber, revision: 2 })).rejects.toThrow(Conflict);
      await store.putSubscriber(subscriber);
      await expect(store.putSubscriber(subscriber)).rejects.toMatchObject({ code: 'subscriber_changed' });
      await expect(store.putSubscriber({ ...subscriber, revision: 3 })).rejects.toThrow(Conflict);
      await store.putSubscriber({ ...subscriber, revision: 2 });
      await expect(store.removeSubscriber(subscriber.id, 1)).rejects.toThrow(Conflict);
      await store.removeSubscriber(subscriber.id, 2);
      expect(await store.getSubscriber(subscriber.id)).toBeUndefined();
      await expect(store.removeSubscriber(subscriber.id, 2)).rejects.toThrow(Conflict);
      await store.putSubscriber(subscriber);
    });

    it('lists all of them, by id', async () => {
      const made = [newSubscriber(), newSubscriber(), newSubscriber()];
      for (const subscriber of made.toReversed()) await store.putSubscriber(subscriber);
      const all = await store.listSubscribers();
      expect(all).toEqual(expect.arrayContaining(made));
      expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).sort());
    });
  });
}

export function deadLetterStoreContract(name: string, make: () => Promise<DeadLetterStore>): void {
  describe(`dead letters: ${name}`, () => {
    let store: DeadLetterStore;
    beforeAll(async () => {
      store = await make();
    });
    const newLetter = (subscriber: string, id: string, change: Partial<DeadLetter> = {}): DeadLetter => ({
      subscriber,
      message: { id, type: 'segment.entered', occurredAt: AT, body: '{"type":"segment.entered","data":{"名":"值"}}' },
      code: 'paused',
      attempts: 0,
      // Of now, or a store that minds the time would forget it at once.
      diedAt: instant(Date.now()),
      ...change,
    });

    it('gives back what was put last, exactly', async () => {
      const subscriber = `sub_${unique()}`;
      const letter = newLetter(subscriber, 'a');
      expect(await store.getDeadLetter(subscriber, 'a')).toBeUndefined();
      await store.putDeadLetter(letter);
      expect(await store.getDeadLetter(subscriber, 'a')).toEqual(letter);
      const again = { ...letter, code: 'http_500', attempts: 15, firstTriedAt: AT, lastTriedAt: AT };
      await store.putDeadLetter(again);
      expect(await store.getDeadLetter(subscriber, 'a')).toEqual(again);
      expect((await store.listDeadLetters(subscriber, 10)).items).toEqual([again]);
    });

    it('lists those of one subscriber, page by page, each once; counts them no further than asked', async () => {
      const [subscriber, other] = [`sub_${unique()}`, `sub_${unique()}`];
      await store.putDeadLetter(newLetter(other, 'z'));
      const ids = Array.from({ length: 7 }, (_, index) => `message-${index}`);
      for (const id of ids) await store.putDeadLetter(newLetter(subscriber, id));
      for (const limit of [1, 3, 7, 100]) {
        const found: string[] = [];
        let after: string | undefined;
        do {
          const { items, next } = await store.listDeadLetters(subscriber, limit, after);
          expect(items.length).toBeLessThanOrEqual(limit);
          found.push(...items.map(({ message }) => message.id));
          after = next;
        } while (after !== undefined);
        expect(found.sort()).toEqual(ids);
      }
      expect(await store.countDeadLetters(subscriber, 100)).toBe(7);
      expect(await store.countDeadLetters(subscriber, 5)).toBe(5);
      expect(await store.countDeadLetters('sub_nobody', 5)).toBe(0);
      expect(await store.listDeadLetters('sub_nobody', 5)).toEqual({ items: [] });
    });

    it('removes one, and does not mind where there is none', async () => {
      const subscriber = `sub_${unique()}`;
      for (const id of ['a', 'b']) await store.putDeadLetter(newLetter(subscriber, id));
      await store.removeDeadLetter(subscriber, 'a');
      await store.removeDeadLetter(subscriber, 'a');
      expect((await store.listDeadLetters(subscriber, 10)).items.map(({ message }) => message.id)).toEqual(['b']);
    });
  });
}

export function signingSecretStoreContract(name: string, make: () => Promise<SigningSecretStore>): void {
  describe(`signing secrets: ${name}`, () => {
    let store: SigningSecretStore;
    beforeAll(async () => {
      store = await make();
    });

    it('gives back what was put last, until it is removed', async () => {
      const id = `sub_${unique()}`;
      expect(await store.getSecrets(id)).toBeUndefined();
      const first = { current: newSigningSecret() };
      await store.putSecrets(id, first);
      expect(await store.getSecrets(id)).toEqual(first);
      const next = { current: newSigningSecret(), previous: { secret: first.current, until: AT } };
      await store.putSecrets(id, next);
      expect(await store.getSecrets(id)).toEqual(next);
      await store.removeSecrets(id);
      await store.removeSecrets(id);
      expect(await store.getSecrets(id)).toBeUndefined();
    });
  });
}
