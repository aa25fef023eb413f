/** A batch, message by message: what is wrong before anything is sent, and the others, some at once. */
import pMap from 'p-map';
import type { Clock } from '../runtime/clock.ts';
import { Defect } from '../runtime/errors.ts';
import { epochMs } from '../time/instant.ts';
import { later, rejected } from './outcomes.ts';
import type { Checked, Outcome, Outgoing, OutgoingTo, Provider } from './sender.ts';

const KEY_MOST_CHARACTERS = 64;

export interface Preflight<P extends Provider> {
  readonly provider: P;
  readonly batchMost: number;
  readonly clock: Clock;
  readonly check: (outgoing: OutgoingTo<P>) => Checked;
}

/** `check` of a Sender: what holds for all of them, then what the provider wants. */
export function checkFor<P extends Provider>(
  provider: P,
  check: (outgoing: OutgoingTo<P>) => Checked,
): (outgoing: Outgoing) => Checked {
  return (outgoing) => {
    if (!isTo(provider, outgoing)) return { code: 'invalid', at: '/endpoint/provider' };
    if (outgoing.key === '' || outgoing.key.length > KEY_MOST_CHARACTERS) return { code: 'invalid', at: '/key' };
    return check(outgoing);
  };
}

const isTo = <P extends Provider>(provider: P, outgoing: Outgoing): outgoing is OutgoingTo<P> =>
  outgoing.endpoint.provider === provider;

/** Each message as it may be sent, or what came of it already. @throws Defect where the batch is too long */
export function preflight<P extends Provider>(
  batch: readonly Outgoing[],
  { provider, batchMost, clock, check }: Preflight<P>,
): (OutgoingTo<P> | Outcome)[] {
  if (batch.length > batchMost)
    throw new Defect('batch_too_long', `A batch for ${provider} has at most ${batchMost} messages.`);
  const nowMs = clock().getTime();
  const checked = checkFor(provider, check);
  return batch.map((outgoing) => {
    const found = checked(outgoing);
    if (found !== 'ok') return rejected(found.code);
    if (epochMs(outgoing.content.expiresAt) <= nowMs) return rejected('expired');
    return isTo(provider, outgoing) ? outgoing : rejected('invalid');
  });
}

/** @param one never rejects for what the provider or the network does */
export async function sendEach<P extends Provider>(
  batch: readonly Outgoing[],
  means: Preflight<P> & { readonly atOnce: number },
  one: (outgoing: OutgoingTo<P>) => Promise<Outcome>,
  signal: AbortSignal | undefined,
): Promise<readonly Outcome[]> {
  return await pMap(
    preflight(batch, means),
    async (item) => {
      if ('kind' in item) return item;
      return signal?.aborted ? later('aborted') : await one(item);
    },
    { concurrency: means.atOnce },
  );
}

/** Whole seconds that a message is worth keeping, at most as many as the provider keeps it. */
export const secondsLeft = ({ expiresAt }: { readonly expiresAt: string }, nowMs: number, most: number): number =>
  Math.max(0, Math.min(most, Math.floor((Date.parse(expiresAt) - nowMs) / 1000)));
