/** The product's rules: who is one customer, what is known of them, and which tier and segments follow. */

import type { LinkingVersion } from '../identity/linking-versions.ts';
import type { PersonaId } from '../identity/persona.ts';
import { resolve } from '../identity/resolve.ts';
import { Conflict } from '../runtime/errors.ts';
import type { Catalogue } from '../segments/catalogue.ts';
import type { Model } from '../tiers/clv/model.ts';
import { predict } from '../tiers/clv/predict.ts';
import { decide } from '../tiers/decide.ts';
import type { Policy } from '../tiers/policy.ts';
import type { Decision } from '../tiers/reasons.ts';
import type { Timeline } from '../tiers/timeline.ts';
import type { Instant } from '../time/instant.ts';
import type { Contribution } from './contribution.ts';
import type { CustomerStore } from './customer.ts';
import { deriveFacts, type History, severalOrdersAtAnEdge } from './derive.ts';
import { marksOf } from './marks.ts';
import type { StoredDecision, StoredProfile } from './profile.ts';
import { addSameDay, type Sums } from './sums.ts';
import { type Group, type Met, ORDERS_A_DAY, type Rules } from './update.ts';

export interface CustomerRulesOptions {
  /** For the days of which more is to be known than their sums. */
  readonly store: Pick<CustomerStore<StoredProfile>, 'listEntries'>;
  readonly linking: LinkingVersion;
  readonly policy: Policy;
  readonly model: Model;
  readonly segments: Catalogue;
  readonly reportingCurrency: string;
}

/** Code of the Conflict that is thrown where a profile was decided by a newer policy or newer segments than ours: load them, and begin again. */
export const OUTDATED = 'policy_outdated';

export function customerRules(options: CustomerRulesOptions): Rules<StoredProfile> {
  const { policy, model, segments: catalogue, store, reportingCurrency } = options;
  const { version, rules: linking } = options.linking;
  const { revision: segmentsRevision } = catalogue;
  const ofSegments = segmentsRevision > 0 ? ` segments ${segmentsRevision}` : '';
  return {
    basis: `policy ${policy.version} model ${model.version} linking ${version}${ofSegments}`,
    holdersMost: (type) => linking.personasPerValue[type],

    group(met, shared) {
      const { profiles, suggestions } = resolve({
        personas: met.map(({ persona }) => persona),
        decisions: met.flatMap(({ decisions }) => decisions),
        rules: linking,
        shared,
      });
      const groups = profiles.map(({ id, personas }) => ({
        root: id,
        members: personas.map((persona) => persona.id).sort(),
      }));
      return { groups, suggestions };
    },

    async profile(group, met, known, at) {
      if (known && known.tier.policyVersion > policy.version)
        throw new Conflict(OUTDATED, `Decided by policy ${known.tier.policyVersion} already.`);
      if (known?.segmentsRevision !== undefined && known.segmentsRevision > segmentsRevision)
        throw new Conflict(OUTDATED, `Found by the segments of revision ${known.segmentsRevision} already.`);
      const history = await historyOf(group, met, at, { store, windows: catalogue.windows });
      const facts = deriveFacts(history, at, reportingCurrency);
      const predicted = predict(facts.purchases, model, at);
      const timeline = timelineFrom(history);
      const decision = decide({ facts, predicted, timeline, at, policy, previous: known?.tier });
      const { segments, reviewAt } = catalogue.decide(
        {
          at,
          facts,
          predicted,
          tier: decision,
          history,
          personas: group.members,
          ...marksOf(group.members.flatMap((member) => met.get(member)?.marks ?? [])),
        },
        known?.segments ?? [],
      );
      return {
        profile: {
          facts,
          predicted,
          tier: withoutSentences(decision),
          ...(segments.length > 0 && { segments }),
          ...(segmentsRevision > 0 && { segmentsRevision }),
        },
        // The cast: decide makes instants.
        reviewAt: earliest(decision.reviewAt as Instant | undefined, reviewAt),
      };
    },
  };
}

/** The days of all members as one, and the orders of those days that a window's edge cuts into several. */
async function historyOf(
  { members }: Group,
  met: ReadonlyMap<PersonaId, Met>,
  at: Instant,
  { store, windows }: { readonly store: CustomerRulesOptions['store']; readonly windows: readonly number[] },
): Promise<History> {
  const days = new Map<string, Sums>();
  const owners = new Map<string, PersonaId[]>();
  for (const member of members) {
    for (const month of met.get(member)?.months ?? []) {
      for (const [day, { sums }] of Object.entries(month.days)) {
        const known = days.get(day);
        days.set(day, known ? addSameDay(day, known, sums) : sums);
        owners.set(day, [...(owners.get(day) ?? []), member]);
      }
    }
  }
  const edges = new Map<string, Contribution[]>();
  for (const day of severalOrdersAtAnEdge(days, at, windows)) {
    const entries = await Promise.all(
      (owners.get(day) ?? []).map((persona) => store.listEntries(persona, day, ORDERS_A_DAY)),
    );
    edges.set(
      day,
      entries.flat().flatMap(({ content }) => content?.contribution ?? []),
    );
  }
  return { days, edges };
}

function timelineFrom({ days, edges }: History): Timeline {
  return [...days].flatMap(([day, { orders, reporting, first }]): Timeline => {
    if (orders === 0) return [];
    const known = { day, orders, netSpend: reporting.net };
    // Of a single order the day says when.
    const only =
      orders === 1 && first !== undefined ? [{ paidAtMs: Date.parse(first), netSpend: reporting.net }] : undefined;
    const exact = only ?? edges.get(day)?.flatMap((one) => (one.counts ? purchaseOf(one) : []));
    return [exact ? { ...known, exact } : known];
  });
}

const purchaseOf = ({ paidAt, reporting }: Contribution) => ({
  paidAtMs: Date.parse(paidAt),
  netSpend: reporting?.net ?? 0,
});

const earliest = (a: Instant | undefined, b: Instant | undefined): Instant | undefined =>
  a === undefined || (b !== undefined && b < a) ? b : a;

const withoutSentences = ({ reasons, ...decision }: Decision): StoredDecision => ({
  ...decision,
  reasons: reasons.map(({ zh: _, en: __, ...finding }) => finding),
});
