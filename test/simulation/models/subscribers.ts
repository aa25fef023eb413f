/** Subscribers, their signing secrets and dead letters in memory, as `shared/subscribers/store.ts` keeps them. */
import { Conflict } from '../../../shared/runtime/errors.ts';
import type { DeadLetter, DeadLetterStore } from '../../../shared/subscribers/dead-letter.ts';
import type {
  SigningSecretStore,
  SigningSecrets,
  Subscriber,
  SubscriberStore,
} from '../../../shared/subscribers/subscriber.ts';

// All as JSON, so that nobody holds on to what is stored. The casts: only these functions write what they read.

export function memorySubscribers(): SubscriberStore {
  const items = new Map<string, string>();
  const at = (id: string) => {
    const json = items.get(id);
    return json === undefined ? undefined : (JSON.parse(json) as Subscriber);
  };
  const expect = (id: string, revision: number) => {
    if ((at(id)?.revision ?? 0) !== revision)
      throw new Conflict('subscriber_changed', `Subscriber ${id} was changed meanwhile. Look again.`);
  };
  return {
    getSubscriber: async (id) => at(id),
    listSubscribers: async () => [...items.keys()].sort().flatMap((id) => at(id) ?? []),
    async putSubscriber(subscriber) {
      expect(subscriber.id, subscriber.revision - 1);
      items.set(subscriber.id, JSON.stringify(subscriber));
    },
    async removeSubscriber(id, revision) {
      if (!items.has(id)) throw new Conflict('subscriber_changed', `There is no subscriber ${id}.`);
      expect(id, revision);
      items.delete(id);
    },
  };
}

export function memorySigningSecrets(): SigningSecretStore {
  const items = new Map<string, string>();
  return {
    async getSecrets(subscriber) {
      const json = items.get(subscriber);
      return json === undefined ? undefined : (JSON.parse(json) as SigningSecrets);
    },
    async putSecrets(subscriber, secrets) {
      items.set(subscriber, JSON.stringify(secrets));
    },
    async removeSecrets(subscriber) {
      items.delete(subscriber);
    },
  };
}

export function memoryDeadLetters(): DeadLetterStore {
  const items = new Map<string, Map<string, string>>();
  const of = (subscriber: string) => items.get(subscriber) ?? new Map<string, string>();
  const read = (json: string) => JSON.parse(json) as DeadLetter;
  return {
    async putDeadLetter(letter) {
      items.set(letter.subscriber, of(letter.subscriber).set(letter.message.id, JSON.stringify(letter)));
    },
    async getDeadLetter(subscriber, message) {
      const json = of(subscriber).get(message);
      return json === undefined ? undefined : read(json);
    },
    async listDeadLetters(subscriber, limit, after) {
      const sorted = [...of(subscriber)]
        .filter(([id]) => after === undefined || id > after)
        .sort(([a], [b]) => (a < b ? -1 : 1));
      const page = sorted.slice(0, limit);
      const last = page.at(-1);
      return {
        items: page.map(([, json]) => read(json)),
        ...(sorted.length > limit && last && { next: last[0] }),
      };
    },
    countDeadLetters: async (subscriber, most) => Math.min(most, of(subscriber).size),
    async removeDeadLetter(subscriber, message) {
      of(subscriber).delete(message);
    },
  };
}
