/** Who is told of events over HTTP, and does not take them. */
import { subscriberOf } from '../../shared/lanes/lane.ts';
import { COUNTED_MOST } from '../../shared/subscribers/status.ts';
import { type Subscriber, stopOf } from '../../shared/subscribers/subscriber.ts';
import { plural } from '../output.ts';
import type { Deployment } from '../world.ts';
import { bad, ok, type Verdict, warn } from './check.ts';

/** What is worst is said first; the rest shows when that is mended. */
export async function judgeSubscribers(deployment: Deployment): Promise<Verdict> {
  const all = await deployment.subscribers.listSubscribers();
  const givenUp = all.filter((one) => stopOf(one) === 'gave_up');
  if (givenUp.length > 0) {
    const seen = givenUp.map(({ id, gaveUp }) => `${id} (${gaveUp?.code ?? 'unknown'})`);
    return bad(
      `Given up, so nothing is sent to them: ${seen.join(', ')}.`,
      'See to them, then tributary subscribers resume ID, and redrive ID: what they missed is kept for 30 days.',
    );
  }
  const active = all.filter((one) => stopOf(one) === undefined);
  const failing = await failingAmong(active, deployment);
  if (failing.length > 0) {
    return warn(
      `Last failed: ${failing.join(', ')}.`,
      'Messages are tried again for a day. tributary subscribers test ID sends one now, and says what comes of it.',
    );
  }
  const dead = await deadLettersOf(active, deployment);
  if (dead.length > 0) {
    return warn(`Not taken, and kept: ${dead.join(', ')}.`, 'tributary subscribers redrive ID sends them again.');
  }
  const paused = all.length - active.length;
  return ok(
    all.length === 0
      ? 'There is no subscriber.'
      : `${plural(active.length, 'subscriber')} of ${all.length} active${paused > 0 ? `, ${paused} paused` : ''}; none fails.`,
  );
}

async function failingAmong(active: readonly Subscriber[], { lanes }: Deployment): Promise<string[]> {
  const ids = new Set(active.map(({ id }) => id));
  return (await lanes.listLanes()).flatMap(({ party, health: { lastFailure, lastSuccessAt = 0 } }) => {
    const id = subscriberOf(party);
    return id !== undefined && ids.has(id) && lastFailure && lastFailure.at > lastSuccessAt
      ? [`${id} (${lastFailure.code})`]
      : [];
  });
}

/** `crm 3` */
async function deadLettersOf(active: readonly Subscriber[], { deadLetters }: Deployment): Promise<string[]> {
  const found: string[] = [];
  for (const { id } of active) {
    const count = await deadLetters.countDeadLetters(id, COUNTED_MOST);
    if (count > 0) found.push(`${id} ${count}${count === COUNTED_MOST ? '+' : ''}`);
  }
  return found;
}
