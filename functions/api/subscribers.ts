import * as manage from '../../shared/subscribers/manage.ts';
import { listDeadLetters, redrive } from '../../shared/subscribers/redrive.ts';
import { requireSeen } from './etag.ts';
import { inPages, storePage } from './pages.ts';
import { Refusal } from './problem.ts';
import type { Handlers } from './serve.ts';

type SubscriberHandlers = Pick<
  Handlers,
  | 'listSubscribers'
  | 'addSubscriber'
  | 'getSubscriber'
  | 'putSubscriber'
  | 'removeSubscriber'
  | 'testSubscriber'
  | 'rotateSubscriberSecret'
  | 'redriveSubscriber'
  | 'listDeadLettersOfSubscriber'
>;

export const subscriberHandlers = (its: manage.Management): SubscriberHandlers => ({
  async listSubscribers({ query }) {
    const all = await manage.describeSubscribers(its);
    return { status: 200, body: inPages(all, query, { list: ['subscribers'], idOf: ({ id }) => id }) };
  },

  async addSubscriber({ body: { id, ...wishes }, caller }) {
    const added = await manage.addSubscriber({ id, wishes, by: caller.id }, its);
    if (added.kind === 'refused') throw refused(added);
    const { subscriber, secret } = added;
    const body = { ...(await manage.describeSubscriber(subscriber.id, its)), secret };
    return { status: 201, body, revision: subscriber.revision, subject: subscriber.id };
  },

  async getSubscriber({ params: { id } }) {
    const body = await manage.describeSubscriber(id, its);
    return { status: 200, body, revision: body.revision };
  },

  async putSubscriber({ params: { id }, body: wishes, seen, caller }) {
    const { revision } = await manage.findSubscriber(id, its.subscribers);
    requireSeen(seen, revision);
    const changed = await manage.changeSubscriber({ id, revision, wishes, by: caller.id }, its);
    if (changed.kind === 'refused') throw refused(changed);
    return { status: 200, body: await manage.describeSubscriber(id, its), revision: changed.subscriber.revision };
  },

  async removeSubscriber({ params: { id }, seen }) {
    // One that is not there may have left something behind: that is removed, too, before it is said.
    const known = await its.subscribers.getSubscriber(id);
    if (known) requireSeen(seen, known.revision);
    await manage.removeSubscriber({ id, revision: known?.revision ?? 0 }, its);
    return { status: 204 };
  },

  async testSubscriber({ params }) {
    return { status: 200, body: await manage.testSubscriber(params, its) };
  },

  async rotateSubscriberSecret({ params: { id }, body: { overlapMs } = {} }) {
    const asked = { id, ...(overlapMs !== undefined && { overlapMs }) };
    return { status: 200, body: await manage.rotateSecret(asked, its) };
  },

  async redriveSubscriber({ params: { id }, body: { message } = {} }) {
    return { status: 200, body: await redrive({ id, message }, its) };
  },

  async listDeadLettersOfSubscriber({ params: { id }, query }) {
    const body = await storePage(['dead-letters', id], query, (limit, after) =>
      listDeadLetters({ id, limit, after }, its),
    );
    return { status: 200, body };
  },
});

function refused({ code, message }: manage.Refused): Refusal {
  if (code === 'too_many') return new Refusal(409, code, message);
  return new Refusal(422, code, message, { problems: [{ in: 'body', at: '/url', message }] });
}
