import pMap from 'p-map';
import type { CampaignAnswer } from '../../shared/api/campaigns.ts';
import { variantFor } from '../../shared/campaigns/assignment.ts';
import { type Campaign, type CampaignDefinition, stateAt } from '../../shared/campaigns/campaign.ts';
import { CAMPAIGNS_MOST, type CampaignStore } from '../../shared/campaigns/campaign-store.ts';
import { decide, type PushDecision } from '../../shared/campaigns/decide.ts';
import { sendKey } from '../../shared/campaigns/occurrence.ts';
import { DEFAULT_PUSH_POLICY } from '../../shared/campaigns/push-policy.ts';
import { readCampaign } from '../../shared/campaigns/read-campaign.ts';
import { nextRun } from '../../shared/campaigns/schedule.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { AttributedOrderStore } from '../../shared/proof/attributed-order.ts';
import { reportOf } from '../../shared/proof/report.ts';
import type { ResultStore } from '../../shared/proof/result.ts';
import { type ProductSources, readProducts } from '../../shared/push/products.ts';
import { type RecipientDependencies, readRecipient } from '../../shared/push/recipient.ts';
import { contentFor } from '../../shared/push/render.ts';
import { countRecords, reasonsInWords } from '../../shared/push/report.ts';
import type { SendRecordStore } from '../../shared/push/send-record.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { NotFound } from '../../shared/runtime/errors.ts';
import type { MembershipStore, SegmentStore } from '../../shared/segments/segment-store.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import { requireSeen } from './etag.ts';
import { inPages, storePage } from './pages.ts';
import { Refusal } from './problem.ts';
import type { Handlers } from './serve.ts';

export interface CampaignDependencies extends ProductSources {
  readonly campaigns: CampaignStore;
  readonly segments: Pick<SegmentStore, 'listSegments'>;
  readonly memberships: Pick<MembershipStore, 'listMembers'>;
  readonly records: Pick<SendRecordStore, 'listRecords'>;
  readonly results: Pick<ResultStore, 'getResult'>;
  readonly attributed: Pick<AttributedOrderStore, 'listOrders'>;
  /** What a decision about a customer reads. */
  readonly recipients: () => Promise<RecipientDependencies>;
  readonly brand?: string;
  readonly clock: Clock;
}

type CampaignHandlers = Pick<
  Handlers,
  | 'listCampaigns'
  | 'createCampaign'
  | 'getCampaign'
  | 'putCampaign'
  | 'startCampaign'
  | 'pauseCampaign'
  | 'dryRunCampaign'
  | 'previewCampaign'
  | 'reportCampaign'
  | 'listSendsOfCampaign'
  | 'listOrdersOfCampaign'
>;

const CUSTOMERS_AT_ONCE = 16;

export const campaignHandlers = (its: CampaignDependencies): CampaignHandlers => ({
  async listCampaigns({ query }) {
    const all = await its.campaigns.listCampaigns();
    const { items, nextCursor } = inPages(all, query, { list: ['campaigns'], idOf: ({ id }) => id });
    return { status: 200, body: { items: items.map((one) => shown(one, nowOf(its))), nextCursor } };
  },

  async createCampaign({ body, caller }) {
    const all = await its.campaigns.listCampaigns();
    if (all.some(({ id }) => id === body.id))
      throw new Refusal(409, 'campaign_exists', `There is a campaign ${body.id} already.`);
    if (all.length >= CAMPAIGNS_MOST)
      throw new Refusal(409, 'too_many', `There are ${CAMPAIGNS_MOST} campaigns: no more can be.`);
    const definition = await checked(body, its);
    return { status: 201, ...(await put({ ...definition, version: 1, wanted: 'draft' }, caller.id, its)) };
  },

  async getCampaign({ params: { id } }) {
    const known = await requireCampaign(id, its);
    return { status: 200, body: shown(known, nowOf(its)), revision: known.version };
  },

  async putCampaign({ params: { id }, body, seen, caller }) {
    const { version, wanted } = await requireSeenCampaign(id, seen, its);
    const definition = await checked({ id, ...body }, its);
    return { status: 200, ...(await put({ ...definition, version: version + 1, wanted }, caller.id, its)) };
  },

  async startCampaign({ params: { id }, seen, caller }) {
    const known = await requireSeenCampaign(id, seen, its);
    // Segments may have gone, and the law may have changed, since it was put.
    await checked(definitionOf(known), its);
    return { status: 200, ...(await put({ ...known, version: known.version + 1, wanted: 'started' }, caller.id, its)) };
  },

  async pauseCampaign({ params: { id }, seen, caller }) {
    const known = await requireSeenCampaign(id, seen, its);
    return { status: 200, ...(await put({ ...known, version: known.version + 1, wanted: 'paused' }, caller.id, its)) };
  },

  async dryRunCampaign({ params: { id }, body }) {
    const campaign = await requireCampaign(id, its);
    const { segment = segmentOf(campaign), limit = 50 } = body ?? {};
    if (segment === undefined)
      throw new Refusal(
        422,
        'segment_missing',
        'Neither the audience nor the trigger names a segment: say whom to ask about.',
      );
    const { items: members, next } = await its.memberships.listMembers(segment, limit);
    const policy = (await its.campaigns.getPushPolicy())?.policy ?? DEFAULT_PUSH_POLICY;
    const recipients = await its.recipients();
    const now = nowOf(its);
    const occurrence = { id: `dry run ${now}`, at: now, cause: 'live' as const };
    const items = await pMap(
      members,
      async ({ profile }) => {
        const known = await readRecipient(profile, recipients);
        if (!known) return { profile, decision: 'suppress' as const, reasons: reasonsInWords(['not_in_audience']) };
        const key = sendKey(campaign.id, profile, occurrence.id);
        const { recipient, sent } = known;
        // A draft is asked about as if it had been started.
        const asStarted = { ...campaign, wanted: 'started' as const };
        const decision = decide({
          campaign: asStarted,
          occurrence,
          key,
          recipient,
          sent,
          policy,
          firstSeenAt: now,
          now,
        });
        return { profile: recipient.profile, ...shownDecision(decision) };
      },
      { concurrency: CUSTOMERS_AT_ONCE },
    );
    const count = (kind: PushDecision['kind']) => items.filter(({ decision }) => decision === kind).length;
    const counts = {
      send: count('send'),
      hold: count('hold'),
      held_out: count('held_out'),
      suppress: count('suppress'),
    };
    return { status: 200, body: { asked: items.length, more: next !== undefined, counts, items } };
  },

  async previewCampaign({ params: { id }, body: { profile, variant: wanted, locale, personalised, products: about } }) {
    const campaign = await requireCampaign(id, its);
    // The cast: whether it names a persona is what is asked.
    const known = await readRecipient(profile as PersonaId, await its.recipients());
    if (!known) throw new NotFound('profile_not_found', 'There is no such profile.');
    const variant =
      wanted === undefined
        ? variantFor(known.recipient.profile, campaign)
        : campaign.content.variants.find((one) => one.id === wanted);
    if (!variant) throw new NotFound('variant_not_found', `Campaign ${id} has no variant ${wanted}.`);
    const now = nowOf(its);
    const products = personalised
      ? await readProducts({ campaign, root: known.root, about: about ?? 'any', now }, its)
      : { items: [] };
    if (products === 'no_recommendation') return { status: 200, body: { missing: true } };
    const wording = { campaign, variant, isPersonalised: personalised, products, now };
    const content = contentFor(
      { ...wording, ...(its.brand !== undefined && { brand: its.brand }) },
      known.profile,
      locale ?? known.devices.find((device) => device.locale !== undefined)?.locale,
    );
    if (!content) return { status: 200, body: { missing: true } };
    const { title, body, url, imageUrl } = content;
    const message = { title, body, ...(url !== undefined && { url }), ...(imageUrl !== undefined && { imageUrl }) };
    return { status: 200, body: { message, missing: false } };
  },

  async reportCampaign({ params: { id } }) {
    await requireCampaign(id, its);
    const [counts, result] = await Promise.all([countRecords(id, its.records), its.results.getResult(id)]);
    const body = { campaign: id, asOf: nowOf(its), audience: counts.occurrences, ...counts, ...reportOf(result) };
    return { status: 200, body };
  },

  async listOrdersOfCampaign({ params: { id }, query }) {
    await requireCampaign(id, its);
    const { items, nextCursor } = await storePage(['campaign-orders', id], query, (limit, after) =>
      its.attributed.listOrders(id, limit, after),
    );
    return { status: 200, body: { items: items.map(({ campaign: _, ...order }) => order), nextCursor } };
  },

  async listSendsOfCampaign({ params: { id }, query }) {
    await requireCampaign(id, its);
    const { items, nextCursor } = await storePage(['sends', id], query, (limit, after) =>
      its.records.listRecords(id, limit, after),
    );
    const sends = items.map(({ key, profile, state, at, version, variant, isPersonalised, reasons, devices }) => ({
      ...{ key, profile, state, at, version },
      ...(variant !== undefined && { variant }),
      ...(isPersonalised !== undefined && { personalised: isPersonalised }),
      ...(reasons && { reasons: reasonsInWords(reasons) }),
      ...(devices && { devices: [...devices] }),
    }));
    return { status: 200, body: { items: sends, nextCursor } };
  },
});

const nowOf = ({ clock }: Pick<CampaignDependencies, 'clock'>): Instant => instant(clock().getTime());

function shown(campaign: Campaign, now: Instant): CampaignAnswer {
  const { wanted: _, ...rest } = campaign;
  const { trigger } = campaign;
  const state = stateAt(campaign, now);
  const next = trigger.on === 'schedule' && state === 'running' ? nextRun(trigger.cron, trigger.zone, now) : undefined;
  return { ...rest, state, ...(next !== undefined && { nextRunAt: next }) };
}

function definitionOf({ version: _, wanted: __, by: ___, at: ____, ...definition }: Campaign): CampaignDefinition {
  return definition;
}

async function requireCampaign(id: string, { campaigns }: Pick<CampaignDependencies, 'campaigns'>): Promise<Campaign> {
  const known = await campaigns.getCampaign(id);
  if (!known) throw new NotFound('campaign_not_found', `There is no campaign ${id}.`);
  return known;
}

async function requireSeenCampaign(
  id: string,
  seen: Parameters<typeof requireSeen>[0],
  its: CampaignDependencies,
): Promise<Campaign> {
  const known = await requireCampaign(id, its);
  requireSeen(seen, known.version);
  return known;
}

async function checked(json: unknown, { segments, campaigns }: CampaignDependencies): Promise<CampaignDefinition> {
  const known = (await segments.listSegments()).segments.filter(({ isArchived }) => !isArchived);
  const policy = (await campaigns.getPushPolicy())?.policy ?? DEFAULT_PUSH_POLICY;
  const read = readCampaign(json, { segments: known.map(({ id }) => id), policy });
  if (read.kind === 'campaign') return read.definition;
  throw new Refusal(422, 'campaign_invalid', 'This is no campaign that can be meant: see problems.', {
    problems: read.problems.map(({ at, message }) => ({ in: 'body', at, message })),
  });
}

async function put(campaign: Omit<Campaign, 'by' | 'at'>, by: string, its: CampaignDependencies) {
  const next: Campaign = { ...campaign, by, at: nowOf(its) };
  await its.campaigns.putCampaign(next);
  return { body: shown(next, next.at), revision: next.version, subject: next.id };
}

const segmentOf = ({ audience, trigger }: Campaign): string | undefined =>
  audience.in[0] ?? ('segment' in trigger ? trigger.segment : undefined);

function shownDecision(decision: PushDecision) {
  switch (decision.kind) {
    case 'send':
      return { decision: decision.kind, variant: decision.variant.id };
    case 'hold':
      return { decision: decision.kind, until: decision.until };
    case 'held_out':
      return { decision: decision.kind };
    case 'suppress':
      return { decision: decision.kind, reasons: reasonsInWords(decision.reasons) };
  }
}
