/**
 * Members a second of one core, and the memory at its peak, from rows to the bytes of files: each kind in a process of its own. The
 * stores are generators in memory and files go nowhere: what a database and S3 take is not in it. What is sealed is opened where it says so.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import {
  DEFAULT_COLUMNS,
  EXPORT_COLUMNS,
  EXPORT_FORMATS,
  ExportFormat,
  ExportWishes,
} from '../../shared/exports/export.ts';
import { newExport } from '../../shared/exports/manage.ts';
import { runExport } from '../../shared/exports/run-export.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { Content, Place } from '../../shared/profiles/customer.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { updateCustomers } from '../../shared/profiles/update.ts';
import type { MembershipRow } from '../../shared/segments/membership.ts';
import { instant } from '../../shared/time/instant.ts';
import { bought, personaId, testRules } from '../profiles/people.ts';
import { memoryCustomers } from '../simulation/models/customers.ts';
import { memoryExports } from '../simulation/models/exports.ts';
import { TEST_SEALER } from '../stores/aws.ts';
import type { Row } from './measure.ts';

const NOW = instant(Date.UTC(2026, 10, 24, 10));
const DAY_MS = 24 * 60 * 60 * 1000;
const SEGMENT = 'everybody';
const ORDERS = 10;

const Kind = z.object({ format: ExportFormat, members: z.int(), reads: z.enum(['figures', 'sealed', 'personal']) });
type Kind = z.infer<typeof Kind>;
const Measured = z.object({ perSecond: z.number(), peakMb: z.number(), fileMb: z.number() });
type Measured = z.infer<typeof Measured>;

export function benchExports(members: number): Row[] {
  const figures = EXPORT_FORMATS.map((format) => ({ format, members, reads: 'figures' }) as const);
  const others = (['sealed', 'personal'] as const).map((reads) => ({ format: 'csv', members, reads }) as const);
  const measured = [...figures, ...others].map((kind) => ({ kind, ...measureApart(kind) }));
  const first = measured[0]?.perSecond ?? Number.NaN;
  return measured.flatMap(({ kind, perSecond, peakMb, fileMb }) => [
    { name: nameOf(kind), value: Math.round(perSecond), unit: '/s', ratio: perSecond / first },
    { name: `${kind.format}, memory at its peak`, value: Math.round(peakMb), unit: 'MB' },
    { name: `${kind.format}, the file`, value: Math.round(fileMb), unit: 'MB' },
  ]);
}

function nameOf({ format, reads }: Kind): string {
  switch (reads) {
    case 'figures':
      return `${format}, written`;
    case 'sealed':
      return `${format}, profiles opened and written`;
    case 'personal':
      return `${format}, profiles, names and contacts opened and written`;
  }
}

function measureApart(kind: Kind): Measured {
  const file = fileURLToPath(import.meta.url);
  const answer = execFileSync(process.execPath, ['--import', 'tsx', file, JSON.stringify(kind)], { encoding: 'utf8' });
  return Measured.parse(JSON.parse(answer));
}

async function measure({ format, members, reads }: Kind): Promise<Measured> {
  const sample = await sampleCustomer();
  const columns = reads === 'personal' ? EXPORT_COLUMNS : DEFAULT_COLUMNS;
  const exports = memoryExports();
  const wishes = ExportWishes.parse({ format, columns });
  const record = newExport(wishes, {
    id: `${SEGMENT}.1.x`,
    segment: SEGMENT,
    by: 'bench',
    masked: false,
    requestedAt: NOW,
  });
  await exports.putExport(record);
  let bytes = 0;
  const before = process.cpuUsage();
  const outcome = await runExport(
    record.id,
    { deadlineMs: Number.POSITIVE_INFINITY },
    {
      exports,
      segments: { getSegment: async () => sample.segment },
      memberships: { listRows: async (_, limit, after = '0') => pageOf(Number(after), limit, members) },
      customers: {
        getProfiles: async (personas) =>
          personas.map((persona) => sample.place(persona, { isSealed: reads !== 'figures' })),
        getContent: async () => sample.content(),
      },
      files: {
        open: () => ({
          async write(chunk) {
            bytes += chunk.length;
          },
          finish: async () => undefined,
          abort: async () => undefined,
        }),
      },
      clock: () => new Date(NOW),
      sleep: async () => undefined,
    },
  );
  const { user, system } = process.cpuUsage(before);
  if (outcome.kind !== 'done' || outcome.record.rows !== members) throw new Error('Not all was written.');
  // ru_maxrss is in kilobytes.
  const peakMb = process.resourceUsage().maxRSS / 1024;
  return { perSecond: members / ((user + system) / 1e6), peakMb, fileMb: bytes / 1024 / 1024 };
}

function pageOf(from: number, limit: number, members: number) {
  const count = Math.min(limit, members - from);
  const items = Array.from(
    { length: count },
    (_, index): MembershipRow => ({
      segment: SEGMENT,
      profile: personaId(`shopify/my-shop/${7_000_000_000_000 + from + index}`),
      revision: 1 + ((from + index) % 40),
      version: 1,
      since: instant(Date.parse(NOW) - ((from + index) % 1_000) * DAY_MS),
      because: [],
    }),
  );
  const next = from + count;
  return { items, ...(next < members && { next: String(next) }) };
}

/** A customer of two channels with ten orders in a year: what all others are copies of, with figures of their own. */
async function sampleCustomer() {
  const store = memoryCustomers<StoredProfile>();
  const orders = Array.from({ length: ORDERS }, (_, index) =>
    bought({
      by: index % 2 === 0 ? 'shopify/my-shop/1' : 'douyin/live/2',
      at: instant(Date.parse(NOW) - (index * 30 + 1) * DAY_MS),
      name: '陈小雨',
      minor: 10_000 + index * 7,
      identifiers: { phone: '+8613812345678', email: 'xiaoyu.chen@example.com' },
    }),
  );
  for (const entry of orders)
    await updateCustomers({ entries: [entry] }, store, testRules(store), { now: NOW, cause: 'live' });
  const place = store.places().find(({ persona, root }) => persona === root);
  if (!place?.profile) throw new Error('No profile was made.');
  const { profile } = place;
  const content = await store.getContent(place.persona);
  const sealed = { profile: TEST_SEALER.seal(profile), months: content.months.map((month) => TEST_SEALER.seal(month)) };
  return {
    segment: {
      id: SEGMENT,
      name: '所有人',
      when: { field: 'tier', is: 'base' },
      version: 1,
      revision: 1,
      isArchived: false,
      by: 'bench',
      at: NOW,
    } as const,
    place(persona: PersonaId, { isSealed }: { readonly isSealed: boolean }): Place<StoredProfile> {
      // The cast: what was sealed above.
      const opened = isSealed ? (TEST_SEALER.open(sealed.profile) as StoredProfile) : profile;
      // Another number for each, spread evenly, so that nothing is compressed that would not be.
      const spread = (Number(persona.slice(-7)) * 2_654_435_761) % 4_294_967_296;
      const lastPaidAt = instant(Date.parse(NOW) - (spread % (365 * DAY_MS)));
      const facts = {
        ...opened.facts,
        netSpend: spread % 1_000_000,
        orders: spread % 30,
        averageOrder: spread % 77_777,
        lastPaidAt,
      };
      return { ...place, persona, root: persona, profile: { ...opened, facts } };
    },
    // The cast: likewise.
    content: (): Content => ({
      ...content,
      months: sealed.months.map((month) => TEST_SEALER.open(month) as Content['months'][number]),
    }),
  };
}

const [, started, asked] = process.argv;
if (started === fileURLToPath(import.meta.url) && asked !== undefined)
  process.stdout.write(JSON.stringify(await measure(Kind.parse(JSON.parse(asked)))));
