/** A campaign's records, counted. */
import { SUPPRESSIONS, type Suppression } from '../campaigns/suppression.ts';
import type { SendRecord, SendRecordStore } from './send-record.ts';

export interface Outcomes {
  sent: number;
  failed: number;
  unknown: number;
  /** Claimed, or under way. */
  waiting: number;
}

export interface CampaignCounts extends Outcomes {
  occurrences: number;
  readonly heldOut: { global: number; campaign: number };
  readonly suppressed: Partial<Record<Suppression, number>>;
  readonly variants: Record<string, Outcomes>;
  /** By the code of the provider: devices that a message was not taken for. */
  readonly refusedBy: Record<string, number>;
}

const PAGE = 1_000;

export async function countRecords(
  campaign: string,
  records: Pick<SendRecordStore, 'listRecords'>,
): Promise<CampaignCounts> {
  const counts: CampaignCounts = {
    ...{ ...none(), occurrences: 0, heldOut: { global: 0, campaign: 0 }, suppressed: {}, variants: {}, refusedBy: {} },
  };
  for (let after: string | undefined, isMore = true; isMore; ) {
    const page = await records.listRecords(campaign, PAGE, after);
    for (const record of page.items) add(record, counts);
    after = page.next;
    isMore = page.next !== undefined;
  }
  return counts;
}

const none = (): Outcomes => ({ sent: 0, failed: 0, unknown: 0, waiting: 0 });

function add({ state, heldOut, reasons, variant, devices = [] }: SendRecord, counts: CampaignCounts): void {
  counts.occurrences++;
  if (state === 'held_out') counts.heldOut[heldOut ?? 'campaign']++;
  const [reason] = reasons ?? [];
  if (state === 'suppressed' && reason) counts.suppressed[reason] = (counts.suppressed[reason] ?? 0) + 1;
  if (state === 'held_out' || state === 'suppressed') return;
  const outcome = state === 'claimed' || state === 'sending' ? 'waiting' : state;
  counts[outcome]++;
  const own = counts.variants[variant ?? ''] ?? none();
  own[outcome]++;
  counts.variants[variant ?? ''] = own;
  for (const { outcome: of, code = of } of devices)
    if (of !== 'sent') counts.refusedBy[code] = (counts.refusedBy[code] ?? 0) + 1;
}

export const reasonsInWords = (reasons: readonly Suppression[]) =>
  reasons.map((code) => ({ code, ...SUPPRESSIONS[code] }));
