/** Campaigns whose messages no provider takes. */
import { campaignOf } from '../../shared/push/push-work.ts';
import type { Deployment } from '../world.ts';
import { ok, type Verdict, warn } from './check.ts';

/** Of lanes whose last word is a failure: credentials that were refused keep a lane closed until a person has acted. */
export async function judgePush({ lanes }: Deployment): Promise<Verdict> {
  const failing = (await lanes.listLanes()).flatMap(({ party, health: { lastFailure, lastSuccessAt = 0 } }) => {
    const campaign = campaignOf(party);
    const isFailing = campaign !== undefined && lastFailure !== undefined && lastFailure.at > lastSuccessAt;
    return isFailing ? [`${campaign} (${lastFailure.code})`] : [];
  });
  if (failing.length === 0) return ok('Providers take the messages of campaigns, where there are any.');
  return warn(
    `Campaigns whose last message was not taken: ${failing.join(', ')}.`,
    'Messages are tried again for six hours. For credentials that were refused: tributary push providers, then tributary push connect PROVIDER --file FILE; docs/senders.md has what each code means.',
  );
}
