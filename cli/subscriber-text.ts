/** Subscribers, and what they did not take, as text to read. */
import type { DeadLetterView, SubscriberView } from '../shared/subscribers/views.ts';
import { facts, minute, plural, table } from './output.ts';

const STATES = { active: 'active', paused: 'paused', gave_up: 'given up' } as const;

type Count = SubscriberView['status']['waiting'];
const countText = ({ count, more }: Count): string => `${count}${more ? '+' : ''}`;

const failureText = ({ lastFailure }: SubscriberView['status']): string =>
  lastFailure ? `${lastFailure.code} ${minute(lastFailure.at)}` : '-';

export function renderSubscribers(items: readonly SubscriberView[]): string {
  if (items.length === 0) return 'No subscriber yet. Add the first with `tributary subscribers add URL`.';
  const right = (name: string) => ({ name, align: 'right' as const });
  const listed = table(
    ['id', 'state', 'last success', 'last failure', right('waiting'), right('dead letters'), 'events', 'url'],
    items.map(({ id, status, events, url }) => [
      id,
      STATES[status.state],
      minute(status.lastSuccessAt),
      failureText(status),
      countText(status.waiting),
      countText(status.deadLetters),
      events.join(', '),
      inShort(url),
    ]),
  );
  const told = items.flatMap((one) => adviceFor(one) ?? []);
  return told.length > 0 ? `${listed}\n\n${told.join('\n')}` : listed;
}

const URL_SHOWN = 60;

/** Without its query, which may hold a secret of theirs; `show` has all of it. */
function inShort(text: string): string {
  const { origin, pathname, search } = new URL(text);
  const plain = `${origin}${pathname}`;
  return plain.length > URL_SHOWN || search !== '' ? `${plain.slice(0, URL_SHOWN)}…` : plain;
}

export function renderSubscriber(subscriber: SubscriberView): string {
  const { id, url, description, events, segments, causes, status, createdAt, by, gaveUp } = subscriber;
  const told = facts([
    ['id', id],
    ['url', url],
    ['for', description],
    ['events', events.join(', ')],
    ['segments', segments?.join(', ') ?? 'all'],
    ['causes', causes?.join(', ') ?? 'all'],
    ['state', gaveUp ? `given up ${minute(gaveUp.at)} (${gaveUp.code})` : STATES[status.state]],
    ['last success', minute(status.lastSuccessAt)],
    ['last failure', failureText(status)],
    ['failing since', status.failingSince && minute(status.failingSince)],
    ['waiting', countText(status.waiting)],
    ['dead letters', countText(status.deadLetters)],
    ['added', minute(createdAt)],
    ['put by', by],
  ]);
  const advice = adviceFor(subscriber);
  return advice === undefined ? told : `${told}\n\n${advice}`;
}

/** The next step, where one is a person's. */
function adviceFor({ id, status, gaveUp }: SubscriberView): string | undefined {
  const { state, deadLetters, failingSince, lastFailure } = status;
  if (state === 'gave_up')
    return `${id} was given up (${gaveUp?.code ?? 'it took nothing'}): see to it, try it (tributary subscribers test ${id}), then tributary subscribers resume ${id}`;
  if (state === 'active' && failingSince !== undefined)
    return `${id} has taken nothing since ${minute(failingSince)} (${lastFailure?.code ?? 'unknown'}); each message is tried again for a day. See to it, and try it: tributary subscribers test ${id}${deadLetters.count > 0 ? `, then tributary subscribers redrive ${id} for its ${countText(deadLetters)} dead letters` : ''}`;
  if (state === 'active' && deadLetters.count > 0)
    return `${id} has ${countText(deadLetters)} dead letters: tributary subscribers redrive ${id} sends them again.`;
  return undefined;
}

export function renderDeadLetters(items: readonly DeadLetterView[], id: string): string {
  if (items.length === 0) return `Subscriber ${id} has no dead letters.`;
  return table(
    ['message', 'type', 'occurred', 'code', { name: 'tries', align: 'right' }, 'last tried', 'kept until'],
    items.map(({ id: message, type, occurredAt, code, attempts, lastTriedAt, keptUntil }) => [
      message,
      type,
      minute(occurredAt),
      code,
      String(attempts),
      minute(lastTriedAt),
      minute(keptUntil),
    ]),
  );
}

export const renderRedriven = (id: string, redriven: number): string =>
  redriven === 0
    ? `Subscriber ${id} has no dead letters.`
    : `${plural(redriven, 'dead letter is', 'dead letters are')} on their way to ${id} again, under their own ids.`;

/** Shown this once: no command, and nobody at the API, can say it again. */
export const renderSecret = (secret: string): string =>
  [
    `secret  ${secret}`,
    '',
    'It is shown this once: put it where messages are verified. With a library of Standard Webhooks, over the bytes as they came:',
    '  new Webhook(secret).verify(body, headers)',
    'docs/subscribers.md has a receiver in Node and one in Python, and what to answer.',
  ].join('\n');
