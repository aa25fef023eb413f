import { SubscriberId } from '../shared/subscribers/subscriber.ts';
import { UsageError } from './errors.ts';

/** For commander. */
export function readSubscriberId(text: string): string {
  const read = SubscriberId.safeParse(text);
  if (read.success) return read.data;
  throw new UsageError(
    `${text} is no id of a subscriber, which has ${read.error.issues[0]?.message}.`,
    'subscriber_id_invalid',
  );
}
