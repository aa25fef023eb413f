/**
 * The work of a campaign's lane: decide, claim, send, record. A message is claimed in the customer's contact log before it is sent, and
 * its record says `sending` before the provider is called. So whoever finds `sending` knows that somebody died in between: where all
 * providers concerned drop a second message of the same key it is sent again under it, otherwise it is left as unknown. A message is
 * sent at most once.
 */
import pMap from 'p-map';
import type { Campaign } from '../campaigns/campaign.ts';
import type { CampaignStore } from '../campaigns/campaign-store.ts';
import { decide, type PushDecision, type Situation } from '../campaigns/decide.ts';
import { sendKey } from '../campaigns/occurrence.ts';
import type { PastSend } from '../campaigns/past-sends.ts';
import { behindMs, MORNING_STEP_MS } from '../campaigns/priority.ts';
import { DEFAULT_PUSH_POLICY, type PushPolicy } from '../campaigns/push-policy.ts';
import type { Suppression } from '../campaigns/suppression.ts';
import type { Work } from '../lanes/lane.ts';
import { type Errand, type Outcome as LaneOutcome, type LaneTask, NotNow, type Opening } from '../lanes/run.ts';
import { type Cache, createCache } from '../runtime/cache.ts';
import type { Clock } from '../runtime/clock.ts';
import { Conflict } from '../runtime/errors.ts';
import type { Telemetry } from '../runtime/telemetry.ts';
import type { Outcome, Outgoing, Provider, PushContent, Sender } from '../senders/sender.ts';
import { epochMs, type Instant, instant } from '../time/instant.ts';
import { type ContactLogStore, withoutSend, withSend } from './contact-log.ts';
import type { Device, DeviceStore } from './device.ts';
import { type ProductSources, readProducts } from './products.ts';
import { pushEventOf } from './push-event.ts';
import type { PushWork } from './push-work.ts';
import { type KnownRecipient, type RecipientDependencies, readRecipient } from './recipient.ts';
import { contentFor } from './render.ts';
import type { DeviceOutcome, SendRecord, SendRecordStore } from './send-record.ts';
import { type MomentSources, readMoment } from './still-so.ts';
import type { Teller } from './tell.ts';

export interface PushDependencies extends RecipientDependencies, ProductSources, MomentSources {
  readonly campaigns: Pick<CampaignStore, 'getCampaign' | 'listCampaigns' | 'getPushPolicy'>;
  readonly devices: Pick<DeviceStore, 'listDevices' | 'removeDevice'>;
  readonly logs: ContactLogStore;
  readonly records: Pick<SendRecordStore, 'getRecord' | 'putRecord' | 'takeOfBudget'>;
  /** Of the providers that credentials are there for. */
  readonly senders: (provider: Provider) => Promise<Sender | undefined>;
  readonly brand?: string;
  readonly teller: Teller;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
}

/** Most of the time is waiting: for the tables, and for the provider. */
export const PUSH_LIMITS: LaneTask<PushWork>['limits'] = { perSecond: 400, burst: 400, atOnce: 32 };

/** A campaign that is paused sends nothing after this. */
const KNOWN_FOR_MS = 3_000;
const PAUSE_MS = 60_000;
const CLAIMS = 5;
/** Between the first try and the last. */
const PATIENCE_MS = 6 * 60 * 60 * 1000;
const DEVICES_AT_ONCE = 5;
/** It is settled, and the bus has not taken word of it. */
const UNTOLD = 'untold';
const UNTOLD_MS = 60_000;

export const openPush = async (
  campaign: string,
  opening: Opening,
  dependencies: PushDependencies,
): Promise<Errand<PushWork>> => new Push(campaign, opening, dependencies);

/** What is settled for good: whatever was asked meanwhile is the same occurrence (but see `doneWith`). */
const DONE: LaneOutcome<PushWork> = { kind: 'done', covers: () => true };

/** The row of a cart may have been moved meanwhile: then it is about another occurrence, and stays. */
const doneWith = (outcome: LaneOutcome<PushWork>, { detail: { occurrence } }: Work<PushWork>): LaneOutcome<PushWork> =>
  outcome.kind === 'done' ? { ...outcome, covers: (now) => now.occurrence.id === occurrence.id } : outcome;

interface Plan {
  readonly device: Device;
  readonly sender: Sender;
  readonly outgoing: Outgoing;
}

class Push implements Errand<PushWork> {
  readonly #id: string;
  readonly #opening: Opening;
  readonly #its: PushDependencies;
  readonly #campaigns: Cache<Campaign>;
  readonly #policies: Cache<PushPolicy>;
  readonly #all: Cache<Campaign[]>;

  constructor(id: string, opening: Opening, its: PushDependencies) {
    this.#id = id;
    this.#opening = opening;
    this.#its = its;
    const known = { clock: its.clock, maxAgeMs: KNOWN_FOR_MS, maxEntries: 1 };
    this.#campaigns = createCache({ ...known, load: (key) => its.campaigns.getCampaign(key) });
    this.#all = createCache({ ...known, load: () => its.campaigns.listCampaigns() });
    this.#policies = createCache({
      ...known,
      load: async () => (await its.campaigns.getPushPolicy())?.policy ?? DEFAULT_PUSH_POLICY,
    });
  }

  async perform(work: Work<PushWork>): Promise<LaneOutcome<PushWork>> {
    return doneWith(await this.#perform(work), work);
  }

  async #perform(work: Work<PushWork>): Promise<LaneOutcome<PushWork>> {
    const campaign = await this.#campaigns.get(this.#id);
    if (!campaign) return { kind: 'moved' };
    if (campaign.wanted === 'paused' && work.trouble?.code !== UNTOLD)
      return { kind: 'later', at: this.#nowMs() + PAUSE_MS, code: 'paused' };
    const key = sendKey(this.#id, work.detail.profile, work.detail.occurrence.id);
    const record = await this.#its.records.getRecord(this.#id, key);
    if (record && record.state !== 'claimed' && record.state !== 'sending') return this.#tell(record);
    if (record?.state === 'sending' && !(await this.#mayRepeat(record))) {
      await this.#settle({ ...record, state: 'unknown' });
      return DONE;
    }
    try {
      await this.#opening.pace();
    } catch (error) {
      if (error instanceof NotNow) return { kind: 'unbegun' };
      throw error;
    }
    for (let attempt = 1, seen = record; ; attempt++) {
      try {
        return await this.#try({ work, key }, campaign, seen);
      } catch (error) {
        if (!(error instanceof Conflict) || attempt === CLAIMS) throw error;
        seen = await this.#its.records.getRecord(this.#id, key);
      }
    }
  }

  /** @throws Conflict where the customer's log was written by another meanwhile: nothing was sent */
  async #try(
    { work: { detail, askedAt }, key }: { readonly work: Work<PushWork>; readonly key: string },
    campaign: Campaign,
    record: SendRecord | undefined,
  ): Promise<LaneOutcome<PushWork>> {
    const now = this.#now();
    const known = await readRecipient(detail.profile, this.#its);
    const of = {
      campaign: campaign.id,
      key,
      version: campaign.version,
      occurrence: detail.occurrence.id,
      cause: detail.occurrence.cause,
    };
    const base = { ...of, at: now, attributionDays: campaign.limits.attributionDays };
    // Gone, by a merge that is under way or because all orders were deleted: nobody to write to.
    if (!known) return this.#suppress({ ...base, profile: detail.profile }, ['not_in_audience'], undefined);
    const about = { ...base, profile: known.recipient.profile, basis: known.basis };
    // Our own claim is no message before this one.
    const sent = record ? known.sent.filter((send) => send.key !== key) : known.sent;
    const moment = await readMoment({ campaign, work: detail, known, sent, now }, this.#its);
    if (moment.kind === 'not_yet') return { kind: 'later', at: moment.until, code: 'cart_in_use' };
    const situation: Situation = {
      campaign,
      occurrence: detail.occurrence,
      ...(moment.kind === 'lapsed' && { lapsed: moment.why }),
      key,
      recipient: known.recipient,
      sent,
      policy: (await this.#policies.get('push')) ?? DEFAULT_PUSH_POLICY,
      firstSeenAt: instant(askedAt),
      now,
    };
    const decision = decide(situation);
    if (decision.kind === 'hold')
      return { kind: 'later', at: epochMs(decision.until) + (await this.#behindMs(campaign)), code: 'quiet_hours' };
    if (decision.kind === 'suppress') return this.#suppress(about, decision.reasons, known);
    if (decision.kind === 'held_out') {
      await this.#settle({ ...about, state: 'held_out', heldOut: decision.by });
      return DONE;
    }
    const goods = moment.kind === 'so' ? moment.products : [];
    const planned = await this.#plan(known, campaign, decision, { goods, now });
    if (!Array.isArray(planned)) return this.#suppress(about, [planned], known);
    const { budget } = campaign.limits;
    if (!record && budget !== undefined && !(await this.#its.records.takeOfBudget(campaign.id, detail.period, budget)))
      return this.#suppress(about, ['budget_spent'], known);
    const claimed = {
      ...about,
      claimedAt: record?.claimedAt ?? now,
      variant: decision.variant.id,
      isPersonalised: decision.isPersonalised,
    };
    // First the record: who finds it knows that a claim in the log may be its own.
    await this.#its.records.putRecord({ ...claimed, state: 'claimed' });
    await this.#claim(known, { key, campaign: campaign.id, at: now, isMarketing: campaign.purpose === 'marketing' });
    return this.#send({ ...claimed, state: 'sending' }, planned);
  }

  /** What each device is sent, or why nothing can be. */
  async #plan(
    { devices, profile, root }: KnownRecipient,
    campaign: Campaign,
    { variant, isPersonalised, key }: Extract<PushDecision, { readonly kind: 'send' }>,
    { goods, now }: { readonly goods: readonly string[]; readonly now: Instant },
  ): Promise<Plan[] | Suppression> {
    const { brand } = this.#its;
    // Who has refused personalisation is told of nothing that follows from what they did.
    const products = isPersonalised ? await readProducts({ campaign, root, about: goods, now }, this.#its) : undefined;
    if (products === 'no_recommendation') return products;
    const wording = {
      ...{ campaign, variant, isPersonalised, now },
      ...(brand !== undefined && { brand }),
      ...(products && { products }),
    };
    const plans: Plan[] = [];
    let against: Suppression = 'no_endpoint';
    const contents = new Map<string | undefined, PushContent | undefined>();
    for (const device of devices) {
      const sender = await this.#its.senders(device.endpoint.provider);
      if (!sender) continue;
      const { locale } = device;
      if (!contents.has(locale)) contents.set(locale, contentFor(wording, profile, locale));
      const content = contents.get(locale);
      if (!content) {
        against = 'missing_value';
        continue;
      }
      const outgoing = { key, endpoint: device.endpoint, content };
      const checked = sender.check(outgoing);
      if (checked === 'ok') plans.push({ device, sender, outgoing });
      else against = checked.code === 'too_large' ? 'too_large' : 'missing_value';
    }
    return plans.length > 0 ? plans : against;
  }

  async #claim({ log }: KnownRecipient, send: PastSend): Promise<void> {
    await this.#its.logs.putLog(withSend(log, send, send.at));
  }

  async #send(record: SendRecord, plans: readonly Plan[]): Promise<LaneOutcome<PushWork>> {
    const { records } = this.#its;
    const before = {
      ...record,
      devices: plans.map(({ device }) => told(device, { kind: 'unknown', code: 'sending' })),
    };
    await records.putRecord(before);
    const outcomes = await pMap(plans, async (plan) => ({ ...plan, outcome: await this.#call(plan) }), {
      concurrency: DEVICES_AT_ONCE,
    });
    const devices = outcomes.map(({ device, outcome }) => told(device, outcome));
    for (const { device, outcome } of outcomes)
      if (outcome.kind === 'gone') await this.#its.devices.removeDevice(device.id, device.endpoint);
    for (const { outcome, device } of outcomes)
      this.#its.telemetry.measure('pushed', 1, { event: `${device.endpoint.provider} ${outcome.kind}` });
    const kinds = new Set(outcomes.map(({ outcome }) => outcome.kind));
    const settled = { ...record, at: this.#now(), devices };
    if (kinds.has('sent')) return this.#settle({ ...settled, state: 'sent' });
    if (kinds.has('unknown')) await this.#settle({ ...settled, state: 'unknown' });
    else if (kinds.has('later') || kinds.has('refused')) return this.#later(settled, outcomes);
    else await this.#settle({ ...settled, state: 'failed' });
    return DONE;
  }

  async #call({ sender, outgoing }: Plan): Promise<Outcome> {
    const leftMs = this.#opening.deadline - this.#nowMs();
    const [outcome] = await sender.send([outgoing], AbortSignal.timeout(Math.max(1, leftMs)));
    return outcome ?? { kind: 'unknown', code: 'no_outcome' };
  }

  /** Surely not taken: it is claimed still, and decided on anew when it is tried again. */
  async #later(record: SendRecord, outcomes: readonly { readonly outcome: Outcome }[]): Promise<LaneOutcome<PushWork>> {
    const nowMs = this.#nowMs();
    const [first] = outcomes.flatMap(({ outcome }) =>
      outcome.kind === 'later' || outcome.kind === 'refused' ? [outcome] : [],
    );
    const code = first?.code ?? 'later';
    if (nowMs - epochMs(record.claimedAt ?? record.at) > PATIENCE_MS) {
      await this.#settle({ ...record, state: 'failed' });
      return { kind: 'failed', code, at: 'never' };
    }
    await this.#its.records.putRecord({ ...record, state: 'claimed' });
    // Nobody can be sent to with these credentials: the whole lane waits until a person has acted.
    if (first?.kind === 'refused') return { kind: 'party_down', code };
    if (first?.kind !== 'later' || first.retryAfterMs === undefined) return { kind: 'failed', code };
    const { retryAfterMs, scope } = first;
    // It may be the device alone that has had enough for now.
    if (scope === 'endpoint') return { kind: 'later', code, at: nowMs + retryAfterMs };
    return { kind: 'failed', code, retryAfterMs, tooMuch: true };
  }

  async #suppress(
    about: Omit<SendRecord, 'state'>,
    reasons: readonly Suppression[],
    known: KnownRecipient | undefined,
  ): Promise<LaneOutcome<PushWork>> {
    // It was claimed, then put off, and now it is not to be: then it must not count against what comes.
    if (known?.log.sends.some(({ key }) => key === about.key) && !reasons.includes('already_sent'))
      await this.#its.logs.putLog(withoutSend(known.log, about.key));
    return this.#settle({ ...about, state: 'suppressed', reasons });
  }

  async #settle(record: SendRecord): Promise<LaneOutcome<PushWork>> {
    await this.#its.records.putRecord(record);
    this.#its.telemetry.measure('pushSettled', 1, { event: record.reasons?.[0] ?? record.state });
    return this.#tell(record);
  }

  /** What is settled stays in the lane until the bus has taken word of it: so word is never lost, and a message never waits for it. */
  async #tell(record: SendRecord): Promise<LaneOutcome<PushWork>> {
    const event = pushEventOf(record);
    if (!event || (await this.#its.teller.tell(event))) return DONE;
    return { kind: 'later', at: this.#nowMs() + UNTOLD_MS, code: UNTOLD };
  }

  async #mayRepeat({ devices = [] }: SendRecord): Promise<boolean> {
    for (const { provider } of devices) if (!(await this.#its.senders(provider))?.dedupes) return false;
    return true;
  }

  /** What was held for the morning is due all at once. */
  async #behindMs(campaign: Campaign): Promise<number> {
    return behindMs(campaign, (await this.#all.get('all')) ?? [], this.#now(), MORNING_STEP_MS);
  }

  #nowMs = (): number => this.#its.clock().getTime();
  #now = (): Instant => instant(this.#nowMs());
}

const told = ({ id, endpoint }: Device, outcome: Outcome): DeviceOutcome => ({
  device: id,
  provider: endpoint.provider,
  outcome: outcome.kind,
  ...('code' in outcome && { code: outcome.code }),
});
