import pMap from 'p-map';
import type { CampaignStore } from '../../shared/campaigns/campaign-store.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { CustomerStore } from '../../shared/profiles/customer.ts';
import { rootOf } from '../../shared/profiles/find.ts';
import { READS_AT_ONCE } from '../../shared/profiles/holders.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import type { ContactLogStore } from '../../shared/push/contact-log.ts';
import { explainSend } from '../../shared/push/explain.ts';
import type { SendRecordStore } from '../../shared/push/send-record.ts';
import { NotFound } from '../../shared/runtime/errors.ts';
import type { SegmentStore } from '../../shared/segments/segment-store.ts';
import { inPages } from './pages.ts';
import type { Handlers } from './serve.ts';
import { inLanguage } from './speak.ts';

export interface PushExplanationReads {
  readonly campaigns: Pick<CampaignStore, 'listVersions'>;
  readonly segments: Pick<SegmentStore, 'listSegments'>;
  readonly records: Pick<SendRecordStore, 'getRecord'>;
  readonly customers: () => Promise<Pick<CustomerStore<StoredProfile>, 'getPlace'>>;
  readonly logs: Pick<ContactLogStore, 'getLog'>;
}

export const pushExplanationHandlers = (
  its: PushExplanationReads,
): Pick<Handlers, 'explainSend' | 'listSendsOfProfile'> => ({
  async explainSend({ params: { id, key }, query: { lang } }) {
    const versions = await its.campaigns.listVersions(id);
    if (versions.length === 0) throw new NotFound('campaign_not_found', `There is no campaign ${id}.`);
    const record = await its.records.getRecord(id, key);
    const campaign = versions.find(({ version }) => version === record?.version);
    if (!record || !campaign) throw new NotFound('send_not_found', `Campaign ${id} decided about no message ${key}.`);
    const { segments } = await its.segments.listSegments();
    const names = new Map(segments.map(({ id: segment, name }) => [segment, name]));
    return { status: 200, body: inLanguage(explainSend(record, campaign, names), lang) };
  },

  async listSendsOfProfile({ params: { id }, query }) {
    // The cast: whether it names a persona is what is asked.
    const root = await rootOf(id as PersonaId, await its.customers());
    if (!root) throw new NotFound('profile_not_found', 'There is no such profile.');
    const logs = await pMap(root.members, (member) => its.logs.getLog(member), { concurrency: READS_AT_ONCE });
    const sends = logs
      .flatMap((log) => log?.sends ?? [])
      .map(({ campaign, key, at, isMarketing }) => ({ campaign, key, at, marketing: isMarketing }))
      .sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
    const { items, nextCursor } = inPages(sends, query, { list: ['sent', root.persona], idOf: nameOf });
    return { status: 200, body: { items, nextCursor } };
  },
});

/** Sorts the newest first. */
const nameOf = ({ at, key }: { readonly at: string; readonly key: string }): string =>
  `${(MOST_MS - Date.parse(at)).toString().padStart(MS_DIGITS, '0')} ${key}`;
const MS_DIGITS = 16;
const MOST_MS = Number.MAX_SAFE_INTEGER;
