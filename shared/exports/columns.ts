/**
 * What each column of an export says, and where it is from. The row of the membership is exact; the figures are the profile's as it
 * was read, in their own currency, so what time alone moves (the 365 days, predictions) is as of its last derivation.
 */
import type { Place } from '../profiles/customer.ts';
import type { StoredProfile } from '../profiles/profile.ts';
import type { MembershipRow } from '../segments/membership.ts';
import { DEFAULT_COLUMNS, type ExportColumn, PERSONAL_COLUMNS } from './export.ts';
import type { Cell, CellType, FileColumn, Row } from './table.ts';

/** All that a row may be made of; what the columns asked for do not need was not read. */
export interface Member {
  readonly row: MembershipRow;
  /** Absent where the profile is another's just now, and so about to leave. */
  readonly place?: ProfilePlace | undefined;
  readonly person?: Person | undefined;
}

export type ProfilePlace = Place<StoredProfile> & { readonly profile: StoredProfile };

/** Sorted, each once; as they are to be shown. */
export interface Person {
  readonly names: readonly string[];
  readonly phones: readonly string[];
  readonly emails: readonly string[];
  readonly memberCards: readonly string[];
}

interface Definition {
  readonly type: CellType;
  readonly read: (member: Member) => Cell;
}

const facts = ({ place }: Member) => place?.profile.facts;
const predicted = ({ place }: Member) => place?.profile.predicted;
const namesOf = (parts: Readonly<Record<string, unknown>> | undefined) => parts && Object.keys(parts).sort();

const COLUMNS: Readonly<Record<ExportColumn, Definition>> = {
  profile: { type: 'text', read: ({ row }) => row.profile },
  /** Of the profile as it entered: what its events are compared by. */
  revision: { type: 'integer', read: ({ row }) => row.revision },
  since: { type: 'instant', read: ({ row }) => row.since },
  /** Of the definition by which it entered. */
  segmentVersion: { type: 'integer', read: ({ row }) => row.version },
  tier: { type: 'text', read: ({ place }) => place?.profile.tier.value },
  orders: { type: 'integer', read: (of) => facts(of)?.orders },
  netSpend: { type: 'amount', read: (of) => facts(of)?.netSpend },
  /** Of netSpend, netSpend365d and averageOrder. */
  currency: { type: 'text', read: (of) => facts(of)?.currency },
  netSpend365d: { type: 'amount', read: (of) => facts(of)?.netSpend365d },
  averageOrder: { type: 'amount', read: (of) => facts(of)?.averageOrder },
  refundRate: { type: 'ratio', read: (of) => facts(of)?.refundRate },
  firstPaidAt: { type: 'instant', read: (of) => facts(of)?.firstPaidAt },
  lastPaidAt: { type: 'instant', read: (of) => facts(of)?.lastPaidAt },
  /** In the reporting currency, whatever `currency` says. */
  clv12m: { type: 'amount', read: (of) => predicted(of)?.clv12m },
  aliveProbability: { type: 'ratio', read: (of) => predicted(of)?.aliveProbability },
  nextOrderAt: { type: 'instant', read: (of) => predicted(of)?.nextOrderAt },
  channels: { type: 'texts', read: (of) => namesOf(facts(of)?.channels) },
  categories: { type: 'texts', read: (of) => namesOf(facts(of)?.categories) },
  regions: { type: 'texts', read: (of) => namesOf(facts(of)?.regions) },
  personas: { type: 'texts', read: ({ place }) => place?.members },
  names: { type: 'texts', read: ({ person }) => person?.names },
  phones: { type: 'texts', read: ({ person }) => person?.phones },
  emails: { type: 'texts', read: ({ person }) => person?.emails },
  memberCards: { type: 'texts', read: ({ person }) => person?.memberCards },
};

/** By them rows are combined with events: they are in every file, first. */
const ALWAYS: readonly ExportColumn[] = ['profile', 'revision', 'since'];
const OF_ROW: ReadonlySet<ExportColumn> = new Set([...ALWAYS, 'segmentVersion']);

/** Those asked for, in that order, each once. */
export const wholeColumns = (asked: readonly ExportColumn[] = DEFAULT_COLUMNS): ExportColumn[] => [
  ...new Set([...ALWAYS, ...asked]),
];

export const isPersonal = (columns: readonly ExportColumn[]): boolean =>
  columns.some((column) => PERSONAL_COLUMNS.has(column));
export const needsProfile = (columns: readonly ExportColumn[]): boolean =>
  columns.some((column) => !OF_ROW.has(column));

export const fileColumns = (columns: readonly ExportColumn[]): FileColumn[] =>
  columns.map((name) => ({ name, type: COLUMNS[name].type }));
export const memberRow = (columns: readonly ExportColumn[], member: Member): Row =>
  columns.map((column) => COLUMNS[column].read(member));

/** Of those who left: the very row, for it is only there to be combined. */
export const LEFT_COLUMNS: readonly FileColumn[] = [
  ...fileColumns(['profile', 'revision', 'since', 'segmentVersion']),
  { name: 'leftAt', type: 'instant' },
];
export const leftRow = ({ profile, revision, since, version, leftAt }: MembershipRow): Row => [
  profile,
  revision,
  since,
  version,
  leftAt,
];
