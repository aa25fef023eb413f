/**
 * The work of a campaign's lane: decide, claim, send, record. A message is claimed in the customer's contact log before it is sent, and
 * its record says `sending` before the provider is called. So whoever finds `sending` knows that somebody died in between: where all
 * providers concerned drop a second message of the same key it is sent again under it, while they know the key; otherwise it is left as
 * unknown. A message is sent at most once.
 */
import pMap from 'p-map';
import type { Campaign } from '../campaigns/campaign.ts';
import type { CampaignStore } from '../campaigns/campaign-store.ts';
import { decide, isPast, type PushDecision, type Situation } from '../campaigns/decide.ts';
import { sendKey } from '../campaigns/occurrence.ts';
import type { PastSend } from '../campaigns/past-sends.ts';
import { behindMs, MORNING_STEP_MS } from '../campaigns/priority.ts';
import { DEFAULT_PUSH_POLICY, type PushPolicy } from '../campaigns/push-policy.ts';
import type { Suppression } from '../campaigns/suppression.ts';
import type { LaneStore, Work } from '../lanes/lane.ts';
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
  /** The campaign's. */
  readonly lanes: Pick<LaneStore<PushWork>, 'putWork'>;
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
/** It is looked at again after as long as it has waited, within these: a paused campaign with many waiting must not cost as a running one. */
const PAUSE_MS = { least: 60_000, most: 15 * 60_000 };
const CLAIMS = 5;
/** Between the first try and the last. */
const PATIENCE_MS = 6 * 60 * 60 * 1000;
/** Since the first try: providers that drop a second message of the same key know it for a day. */
const REPEATABLE_MS = 20 * 60 * 60 * 1000;
const DEVICES_AT_ONCE = 5;
const PAUSED = 'paused';
/** It is settled, and the bus has not taken word of it. */
const UNTOLD = 'untold';
const UNTOLD_MS = 60_000;

export const openPush = async (
  campaign: string,
  opening: Opening,
  dependencies: PushDependencies,
): Promise<Errand<PushWork>> => new Push(campaign, opening, dependencies);

/** What is settled for good: whatever was asked meanwhile is the same occurrence. */
const DONE: LaneOutcome<PushWork> = { kind: 'done', covers: () => true };

interface Plan {
  readonly device: Device;
  readonly sender: Sender;
  readonly outgoing: Outgoing;
}

/** Claimed: nothing stands between it and the provider. */
interface Ready {
  readonly record: SendRecord;
  readonly plans: readonly Plan[];
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
    const campaign = await this.#campaigns.get(this.#id);
    if (!campaign) return { kind: 'moved' };
    if (campaign.wanted === 'paused' && work.trouble?.code !== UNTOLD && !(await this.#isPast(work, campaign)))
      return { kind: 'later', at: this.#nowMs() + this.#pauseMs(work), code: PAUSED };
    const key = sendKey(this.#id, work.detail.profile, work.detail.occurrence.id);
    if (work.detail.heardAt !== undefined) return this.#partFromCart(work, key);
    const record = await this.#its.records.getRecord(this.#id, key);
    if (record && record.state !== 'claimed' && record.state !== 'sending') return this.#tell(record);
    if (record?.state === 'sending' && !(await this.#mayRepeat(record))) return this.#leave(record);
    try {
      await this.#opening.pace();
    } catch (error) {
      if (error instanceof NotNow) return { kind: 'unbegun' };
      throw error;
    }
    const ready = await this.#untilClaimed({ work, key }, campaign, record);
    // Outside of all that is tried again: what a provider was given once must not be given to it anew.
    return 'kind' in ready ? ready : this.#send(ready);
  }

  async #isPast({ detail: { occurrence } }: Work<PushWork>, campaign: Campaign): Promise<boolean> {
    return isPast({ campaign, occurrence, policy: await this.#policy(), now: this.#now() });
  }

  #pauseMs({ trouble }: Work<PushWork>): number {
    const waitedMs = trouble?.code === PAUSED ? this.#nowMs() - trouble.since : 0;
    return Math.min(PAUSE_MS.most, Math.max(PAUSE_MS.least, waitedMs));
  }

  /** The row of a cart is moved by each word of it. What has come of it must not be, so that gets a row of its own, as anything else. */
  async #partFromCart(work: Work<PushWork>, key: string): Promise<LaneOutcome<PushWork>> {
    const { party, askedAt, detail } = work;
    const { heardAt: _, ...own } = detail;
    try {
      const row = { party, subject: key, revision: 1, dueAt: this.#nowMs(), askedAt, attempts: 0, detail: own };
      await this.#its.lanes.putWork(row, 0);
    } catch (error) {
      // It is there already: whoever put it has died before the row of the cart was gone.
      if (!(error instanceof Conflict)) throw error;
    }
    return { kind: 'moved' };
  }

  async #untilClaimed(
    message: { readonly work: Work<PushWork>; readonly key: string },
    campaign: Campaign,
    record: SendRecord | undefined,
  ): Promise<Ready | LaneOutcome<PushWork>> {
    for (let attempt = 1, seen = record; ; attempt++) {
      try {
        return await this.#tryToClaim(message, campaign, seen);
      } catch (error) {
        if (!(error instanceof Conflict) || attempt === CLAIMS) throw error;
        seen = await this.#its.records.getRecord(this.#id, message.key);
      }
    }
  }

  /** @throws Conflict where the customer's log was written by another meanwhile: nothing was sent */
  async #tryToClaim(
    { work: { detail, askedAt }, key }: { readonly work: Work<PushWork>; readonly key: string },
    campaign: Campaign,
    record: SendRecord | undefined,
  ): Promise<Ready | LaneOutcome<PushWork>> {
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
    if (!known) return this.#suppress(record, { ...base, profile: detail.profile }, ['not_in_audience'], undefined);
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
      policy: await this.#policy(),
      firstSeenAt: instant(askedAt),
      now,
    };
    const decision = decide(situation);
    if (decision.kind === 'hold')
      return { kind: 'later', at: epochMs(decision.until) + (await this.#behindMs(campaign)), code: 'quiet_hours' };
    if (decision.kind === 'suppress') return this.#suppress(record, about, decision.reasons, known);
    const goods = moment.kind === 'so' ? moment.products : [];
    const planned = await this.#plan(known, campaign, decision, { goods, now });
    if (!Array.isArray(planned)) return this.#suppress(record, about, [planned], known);
    // Not before: who could not have been sent to is in neither arm.
    if (decision.kind === 'held_out')
      return record?.state === 'sending'
        ? this.#leave(record)
        : this.#settle({ ...about, state: 'held_out', heldOut: decision.by });
    const { budget } = campaign.limits;
    if (!record && budget !== undefined && !(await this.#its.records.takeOfBudget(campaign.id, detail.period, budget)))
      return this.#suppress(record, about, ['budget_spent'], known);
    const claimed = {
      ...about,
      claimedAt: record?.claimedAt ?? now,
      variant: decision.variant.id,
      isPersonalised: decision.isPersonalised,
    };
    // What may have been taken is claimed, and must not look as if it were not.
    if (record?.state !== 'sending') {
      // First the record: who finds it knows that a claim in the log may be its own.
      await this.#its.records.putRecord({ ...claimed, state: 'claimed' });
      await this.#claim(known, { key, campaign: campaign.id, at: now, isMarketing: campaign.purpose === 'marketing' });
    }
    return { record: { ...claimed, state: 'sending' }, plans: planned };
  }

  /** What each device is sent, or why nothing can be. */
  async #plan(
    { devices, profile, root }: KnownRecipient,
    campaign: Campaign,
    { variant, isPersonalised, key }: Extract<PushDecision, { readonly variant: unknown }>,
    { goods, now }: { readonly goods: readonly string[]; readonly now: Instant },
  ): Promise<Plan[] | Suppression> {
    const { brand } = this.#its;
    // Who has refused personalisation is told of nothing that follows from what they did.
    const products = isPersonalised ? await readProducts({ campaign, root, about: goods, now }, this.#its) : undefined;
    if (products === 'no_recommendation') return products;
    const wording = {
      ...{ campaign, variant, isPersonalised, message: key, now },
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

  async #send({ record, plans }: Ready): Promise<LaneOutcome<PushWork>> {
    const { records } = this.#its;
    const before = {
      ...record,
      devices: plans.map(({ device }) => told(device, { kind: 'unknown', code: 'sending' })),
    };
    await records.putRecord(before);
    const outcomes = await pMap(plans, async (plan) => ({ ...plan, outcome: await this.#call(plan) }), {
      concurrency: DEVICES_AT_ONCE,
    });
    for (const { outcome, device } of outcomes)
      this.#its.telemetry.measure('pushed', 1, { event: `${device.endpoint.provider} ${outcome.kind}` });
    const devices = outcomes.map(({ device, outcome }) => told(device, outcome));
    const concluded = await this.#conclude({ ...record, at: this.#now(), devices }, outcomes);
    for (const { device, outcome } of outcomes) if (outcome.kind === 'gone') await this.#forget(device);
    return concluded;
  }

  async #conclude(
    settled: SendRecord,
    outcomes: readonly { readonly outcome: Outcome }[],
  ): Promise<LaneOutcome<PushWork>> {
    const kinds = new Set(outcomes.map(({ outcome }) => outcome.kind));
    if (kinds.has('sent')) return this.#settle({ ...settled, state: 'sent' });
    if (kinds.has('unknown')) return this.#leave(settled);
    if (kinds.has('later') || kinds.has('refused')) return this.#later(settled, outcomes);
    return this.#settle({ ...settled, state: 'failed' });
  }

  async #forget({ id, endpoint }: Device): Promise<void> {
    try {
      await this.#its.devices.removeDevice(id, endpoint);
    } catch (error) {
      // It is being registered anew; if it is gone all the same, the next message finds that.
      if (!(error instanceof Conflict)) throw error;
    }
  }

  async #call({ sender, outgoing }: Plan): Promise<Outcome> {
    const leftMs = this.#opening.deadline - this.#nowMs();
    const [outcome] = await sender.send([outgoing], AbortSignal.timeout(Math.max(1, leftMs)));
    return outcome ?? { kind: 'unknown', code: 'no_outcome' };
  }

  /** Surely not taken: it is claimed still, and decided on anew when it is tried again. */
  async #later(record: SendRecord, outcomes: readonly { readonly outcome: Outcome }[]): Promise<LaneOutcome<PushWork>> {
    const nowMs = this.#nowMs();
    const refused = outcomes.find(({ outcome }) => outcome.kind === 'refused')?.outcome;
    const busy = outcomes.flatMap(({ outcome }) => (outcome.kind === 'later' ? [outcome] : []))[0];
    const code = (refused?.kind === 'refused' ? refused.code : busy?.code) ?? 'later';
    if (nowMs - epochMs(record.claimedAt ?? record.at) > PATIENCE_MS) {
      await this.#settle({ ...record, state: 'failed' });
      return { kind: 'failed', code, at: 'never' };
    }
    await this.#its.records.putRecord({ ...record, state: 'claimed' });
    // Credentials that are refused are those of one provider: others of the campaign's customers may be reached by another, so it is for
    // the lane to find whether nobody is.
    if (busy?.retryAfterMs === undefined) return { kind: 'failed', code };
    const { retryAfterMs, scope } = busy;
    // It may be the device alone that has had enough for now.
    if (scope === 'endpoint') return { kind: 'later', code, at: nowMs + retryAfterMs };
    return { kind: 'failed', code, retryAfterMs, tooMuch: true };
  }

  async #suppress(
    record: SendRecord | undefined,
    about: Omit<SendRecord, 'state'>,
    reasons: readonly Suppression[],
    known: KnownRecipient | undefined,
  ): Promise<LaneOutcome<PushWork>> {
    if (record?.state === 'sending') return this.#leave(record);
    // It was claimed, then put off, and now it is not to be: then it must not count against what comes.
    if (known?.log.sends.some(({ key }) => key === about.key) && !reasons.includes('already_sent'))
      await this.#its.logs.putLog(withoutSend(known.log, about.key));
    return this.#settle({ ...about, state: 'suppressed', reasons });
  }

  /** Nobody knows whether it was taken: it is not sent again, and counts as sent. */
  #leave(record: SendRecord): Promise<LaneOutcome<PushWork>> {
    return this.#settle({ ...record, state: 'unknown' });
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

  async #mayRepeat({ devices = [], claimedAt, at }: SendRecord): Promise<boolean> {
    if (this.#nowMs() - epochMs(claimedAt ?? at) > REPEATABLE_MS) return false;
    for (const { provider } of devices) if (!(await this.#its.senders(provider))?.dedupes) return false;
    return true;
  }

  /** What was held for the morning is due all at once. */
  async #behindMs(campaign: Campaign): Promise<number> {
    return behindMs(campaign, (await this.#all.get('all')) ?? [], this.#now(), MORNING_STEP_MS);
  }

  async #policy(): Promise<PushPolicy> {
    return (await this.#policies.get('push')) ?? DEFAULT_PUSH_POLICY;
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
