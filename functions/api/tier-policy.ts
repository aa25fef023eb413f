import type { PolicyDraft } from '../../shared/api/tier-policy.ts';
import { type CustomerIndex, type CustomerStore, INDEX_SHARDS } from '../../shared/profiles/customer.ts';
import { profilesOf, withNames } from '../../shared/profiles/every-profile.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import type { ProfilesMessage } from '../../shared/queues/messages.ts';
import type { Queue } from '../../shared/queues/queue.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { Defect } from '../../shared/runtime/errors.ts';
import { type Policy, readPolicy } from '../../shared/tiers/policy.ts';
import type { PolicyStore, StoredPolicy } from '../../shared/tiers/policy-store.ts';
import { type PreviewProfile, preview } from '../../shared/tiers/preview.ts';
import { rulesInWords } from '../../shared/tiers/rule-words.ts';
import { nextVersion, type PolicyVersion, versionsAt } from '../../shared/tiers/versions.ts';
import { instant } from '../../shared/time/instant.ts';
import { requireSeen } from './etag.ts';
import { Refusal } from './problem.ts';
import type { Handlers } from './serve.ts';

export interface TierPolicies {
  readonly policies: PolicyStore;
  readonly customers: () => Promise<CustomerStore<StoredProfile> & CustomerIndex>;
  readonly profiles: Queue<ProfilesMessage>;
  readonly reportingCurrency: string;
  readonly clock: Clock;
}

type PolicyHandlers = Pick<Handlers, 'getTierPolicy' | 'putTierPolicy' | 'previewTierPolicy'>;

export const tierPolicyHandlers = (its: TierPolicies): PolicyHandlers => ({
  async getTierPolicy() {
    const { inForce, newest } = knownOf(await its.policies.listPolicies(), its);
    return { status: 200, body: shown(inForce, newest), revision: newest };
  },

  async putTierPolicy({ body: { policy: draft, why }, seen, caller }) {
    const before = await its.policies.listPolicies();
    const { newest } = knownOf(before, its);
    requireSeen(seen, newest);
    const policy = checked(draft, newest + 1, its.reportingCurrency);
    const { version } = policy;
    const stored: StoredPolicy = { policy, by: caller.id, at: nowOf(its), why };
    await its.policies.putPolicy(stored);
    // Everybody is decided anew from now on, or where this fails, from the next sweep on, which comes by itself.
    await its.profiles.send({ sweep: true });
    const put = versionsAt([stored, ...before], nowOf(its), its.reportingCurrency).find(
      (one) => one.policy.version === version,
    );
    if (!put) throw new Defect('policy_lost', 'A policy was put that is none of the versions.');
    return { status: 200, body: shown(put, version), revision: version, subject: String(version) };
  },

  async previewTierPolicy({ body: { policy: draft, sampleSize } }) {
    const { inForce, newest } = knownOf(await its.policies.listPolicies(), its);
    const before = inForce.policy;
    const after = checked(draft, newest + 1, its.reportingCurrency);
    const customers = await its.customers();
    const at = nowOf(its);
    const reading = new Reading(customers, its.clock);
    const seen = await preview({ before, after, profiles: reading.profiles(), at, sampleSize });
    const named = ({ version, name }: Policy) => ({ version, name });
    const told = await withNames(seen, customers);
    const shards = { read: reading.shards, of: INDEX_SHARDS };
    return { status: 200, body: { at, before: named(before), after: named(after), ...told, shards } };
  },
});

const nowOf = ({ clock }: Pick<TierPolicies, 'clock'>) => instant(clock().getTime());

interface Known {
  readonly inForce: PolicyVersion;
  readonly newest: number;
}

function knownOf(stored: readonly StoredPolicy[], its: TierPolicies): Known {
  const versions = versionsAt(stored, nowOf(its), its.reportingCurrency);
  const inForce = versions.find(({ state }) => state === 'in_force');
  if (!inForce) throw new Defect('no_policy', 'No policy is in force, which cannot be: one is built in.');
  return { inForce, newest: nextVersion(versions) - 1 };
}

const shown = ({ policy, state, from, put }: PolicyVersion, newest: number) => ({
  version: policy.version,
  name: policy.name,
  state,
  ...(from !== undefined && { from }),
  ...put,
  policy,
  rules: rulesInWords(policy),
  newest,
});

/** In the currency that everybody's amounts are in: in another one no test of an amount could ever pass. */
function checked(draft: PolicyDraft, version: number, reportingCurrency: string): Policy {
  const read = readPolicy({ ...draft, version });
  if (read.kind === 'refused') throw refused(read.problems);
  if (read.policy.currency === reportingCurrency) return read.policy;
  throw refused([{ path: 'currency', message: `${reportingCurrency}, the reporting currency of this deployment` }]);
}

const refused = (problems: readonly { readonly path: string; readonly message: string }[]): Refusal =>
  new Refusal(422, 'policy_invalid', 'This is no policy that can be meant: see problems.', {
    problems: problems.map(({ path, message }) => ({ in: 'body', at: `/policy${pointerOf(path)}`, message })),
  });

/** `rules[1].all[0].measure` → `/rules/1/all/0/measure` */
const pointerOf = (path: string): string =>
  path === '' ? '' : `/${path.replace(/\[(\d+)\]/g, '.$1').replaceAll('.', '/')}`;

/** Of the half minute that a request has: no further shard is begun after this, and none goes on after that. */
const BEGUN_WITHIN_MS = 8_000;
const READ_WITHIN_MS = 20_000;

type AllReads = Pick<CustomerIndex, 'listRoots'> & Pick<CustomerStore<StoredProfile>, 'getProfiles'>;

/** As many shards as there is time for, one at least as far as it goes. */
class Reading {
  shards = 0;
  readonly #customers: AllReads;
  readonly #clock: Clock;

  constructor(customers: AllReads, clock: Clock) {
    this.#customers = customers;
    this.#clock = clock;
  }

  async *profiles(): AsyncGenerator<PreviewProfile> {
    const startedMs = this.#clock().getTime();
    const passedMs = () => this.#clock().getTime() - startedMs;
    for (let shard = 0; shard < INDEX_SHARDS && passedMs() < BEGUN_WITHIN_MS; shard++) {
      for await (const profile of profilesOf(shard, this.#customers)) {
        yield profile;
        if (passedMs() >= READ_WITHIN_MS) return;
      }
      this.shards++;
    }
  }
}
