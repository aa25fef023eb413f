/** What a push service's answers mean. They come from a host that a stranger chose: nothing but the status is looked at. */
import type { Answered } from '../exchange.ts';
import { byStatus, gone, ofEndpoint, rejected } from '../outcomes.ts';
import type { Outcome } from '../sender.ts';

/** A stranger's host may name a day; after this it is asked again. */
const WAIT_MOST_MS = 15 * 60_000;

/**
 * 404 and 410: the subscription has expired or was given up (RFC 8030 §7.3). 401 and 403: our signature is wrong, or the subscription was
 * made with another key of ours. Which of the two, each service says in its own words; were the first believed, any stranger's host could
 * bring all sending to a stop by answering 403. So the message is not sent, nothing is removed, and the many of them are what is seen.
 */
export function readWebPushAnswer({ status, headers }: Answered, nowMs: number): Outcome {
  if (status === 200 || status === 201 || status === 202) return { kind: 'sent' };
  if (status === 404 || status === 410) return gone(`http_${status}`);
  if (status === 401 || status === 403) return rejected(`http_${status}`);
  const outcome = byStatus(status, headers, nowMs);
  if (outcome.kind !== 'later' || outcome.retryAfterMs === undefined) return ofEndpoint(outcome);
  return ofEndpoint({ ...outcome, retryAfterMs: Math.min(outcome.retryAfterMs, WAIT_MOST_MS) });
}
