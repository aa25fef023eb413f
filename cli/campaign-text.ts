/** Campaigns, dry runs and reports as text. */

import type { CampaignAnswer } from '../shared/api/campaigns.ts';
import type { InputOf } from '../shared/api/client.ts';
import type { ShownOf } from '../shared/api/route.ts';
import type { ROUTES } from '../shared/api/routes.ts';
import { CampaignId } from '../shared/campaigns/campaign.ts';
import { SUPPRESSIONS, type Suppression } from '../shared/campaigns/suppression.ts';
import type { Language } from '../shared/tiers/reasons.ts';
import { UsageError } from './errors.ts';
import { type Holding, readJsonFields, sourceName } from './json-file.ts';
import { facts, minute, oneLine, table } from './output.ts';
import { proofFacts, proofNotes } from './proof-text.ts';
import type { World } from './world.ts';

type Written = InputOf<typeof ROUTES.putCampaign>['body'];
type DryRun = ShownOf<typeof ROUTES.dryRunCampaign>;
type Report = ShownOf<typeof ROUTES.reportCampaign>;

const CAMPAIGN: Holding = { what: 'campaign', shownIn: 'docs/push.md' };
/** Beside a definition, in what `campaign show --json` answers: it may stay in the file. */
const SHOWN_BESIDE: ReadonlySet<string> = new Set(['version', 'state', 'nextRunAt', 'by', 'at']);

export async function readCampaignFile(
  file: string,
  world: Pick<World, 'cwd' | 'readStdin'>,
): Promise<{ readonly id: string; readonly written: Written }> {
  const { id, ...rest } = await readJsonFields(file, CAMPAIGN, world);
  const written = Object.fromEntries(Object.entries(rest).filter(([name]) => !SHOWN_BESIDE.has(name)));
  if (typeof id !== 'string' || !CampaignId.safeParse(id).success)
    throw new UsageError(
      `${sourceName(file)} needs an id of letters, digits, - and _, such as "spring".`,
      'campaign_invalid',
    );
  // The cast: the API looks at each field, and names all that is wrong with it.
  return { id, written: written as Written };
}

export function readCampaignId(text: string): string {
  const read = CampaignId.safeParse(text);
  if (read.success) return read.data;
  throw new UsageError(
    `${text} is no id of a campaign, which has ${read.error.issues[0]?.message}.`,
    'campaign_id_invalid',
  );
}

export function renderCampaigns(campaigns: readonly CampaignAnswer[]): string {
  if (campaigns.length === 0)
    return 'There is no campaign yet. docs/push.md shows one; `tributary campaign put FILE` makes it.';
  return table(
    ['id', 'name', 'state', 'trigger', 'version', 'by'],
    campaigns.map(({ id, name, state, trigger, version, by }) => [
      ...[id, oneLine(name), state, triggerInWords(trigger), String(version), by],
    ]),
  );
}

export function triggerInWords(trigger: CampaignAnswer['trigger']): string {
  switch (trigger.on) {
    case 'segment_entered':
      return `enters ${trigger.segment}`;
    case 'segment_exited':
      return `leaves ${trigger.segment}`;
    case 'tier_changed':
      return `tier ${trigger.from?.join('/') ?? 'any'} → ${trigger.to?.join('/') ?? 'any'}`;
    case 'schedule':
      return `${trigger.cron} (${trigger.zone})`;
    case 'replenishment_due':
      return `runs out${trigger.daysBefore > 0 ? `, ${trigger.daysBefore} days before` : ''}${ofProducts(trigger)}`;
    case 'cart_left':
      return `cart left for ${trigger.afterMinutes} min`;
    case 'back_in_stock':
      return `back in stock, ${trigger.most} at most${ofProducts(trigger)}`;
  }
}

const ofProducts = ({ products }: { readonly products?: readonly string[] | undefined }): string =>
  products ? `: ${products.slice(0, 3).join(', ')}${products.length > 3 ? ' …' : ''}` : '';

export const stateOf = ({ id, name, version, state, nextRunAt, priority }: CampaignAnswer): string =>
  `Campaign ${id} (${oneLine(name)}), version ${version}, is ${state}${priority === 'normal' ? '' : `, of ${priority} priority`}.${nextRunAt === undefined ? '' : ` It runs next at ${minute(nextRunAt)} UTC.`}`;

export function renderDryRun({ asked, more, counts, items }: DryRun, language: Language): string {
  const head = `Of ${asked} customers${more ? ' (there are more)' : ''}: ${counts.send} would be sent to, ${counts.hold} held for the morning, ${counts.held_out} held out, ${counts.suppress} kept back.`;
  if (items.length === 0) return `${head} Nobody is in the segment.`;
  const rows = items.map(({ profile, decision, variant, until, reasons = [] }) => [
    profile,
    decision.replace('_', ' '),
    variant ?? (until === undefined ? reasons.map((one) => one[language]).join('; ') : `until ${minute(until)} UTC`),
  ]);
  return [head, '', table(['customer', 'decision', 'variant, or why'], rows)].join('\n');
}

export function renderReport(report: Report, language: Language): string {
  const { occurrences, sent, failed, unknown, waiting, heldOut, suppressed, variants, refusedBy } = report;
  const keptBack = Object.values(suppressed).reduce((sum, count) => sum + count, 0);
  const told = facts([
    ['campaign', report.campaign],
    ['occurrences', String(occurrences)],
    ['sent', String(sent)],
    ...Object.entries(variants).map(([id, one]) => [`  variant ${id}`, String(one.sent)] as const),
    ['failed', String(failed)],
    ...Object.entries(refusedBy).map(([code, count]) => [`  device: ${code}`, String(count)] as const),
    ['unknown whether sent', String(unknown)],
    ['waiting', String(waiting)],
    ['held out of all campaigns', String(heldOut.global)],
    ['held out of this one', String(heldOut.campaign)],
    ['kept back', String(keptBack)],
    // The cast: a partial record of just these.
    ...Object.entries(suppressed).map(
      ([code, count]) => [`  ${SUPPRESSIONS[code as Suppression][language]}`, String(count)] as const,
    ),
    ...proofFacts(report, language),
  ]);
  return [told, '', proofNotes(report, language)].join('\n');
}
