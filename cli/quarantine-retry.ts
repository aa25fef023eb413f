/** Retrying and dismissing quarantined messages: the work, without the printing. */
import { EnvelopeId } from '../shared/lake/envelope.ts';
import type { QuarantineEntry } from '../shared/quarantine/quarantine.ts';
import { CliError } from './errors.ts';
import type { Deployment, World } from './world.ts';

const PAGE = 100;
/** Ids in a message: far below what SQS takes, and few enough to be done within a function's time. */
const IDS_PER_MESSAGE = 500;
const POLL_MS = 1_000;

/** The entries of these ids, in that order; all unknown ones are named at once. */
export async function findEntries(
  { quarantine }: Pick<Deployment, 'quarantine'>,
  ids: readonly string[],
): Promise<QuarantineEntry[]> {
  const unique = [...new Set(ids)];
  const found = await Promise.all(
    unique.map(async (text) => {
      const id = EnvelopeId.safeParse(text.toLowerCase());
      return id.success ? quarantine.get(id.data) : undefined;
    }),
  );
  const unknown = unique.filter((_, index) => found[index] === undefined);
  if (unknown.length > 0) {
    throw new CliError(
      'quarantine_entry_not_found',
      `Nothing in quarantine is called ${unknown.join(', ')}. \`tributary quarantine list\` shows the ids.`,
    );
  }
  return found.filter((entry) => entry !== undefined);
}

/** All open entries, of one code if given. */
export async function openEntries(
  { quarantine }: Pick<Deployment, 'quarantine'>,
  code: string | undefined,
): Promise<QuarantineEntry[]> {
  const found: QuarantineEntry[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await quarantine.list({ status: 'open', limit: PAGE, ...(cursor != null && { cursor }) });
    found.push(...page.items.filter((entry) => code === undefined || entry.code === code));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found;
}

/** Asks the orders stage to read these messages again; how many requests that took. */
export async function sendRetries(
  { work }: Pick<Deployment, 'work'>,
  entries: readonly QuarantineEntry[],
): Promise<number> {
  const byObject = new Map<string, QuarantineEntry[]>();
  for (const entry of entries) byObject.set(entry.object, [...(byObject.get(entry.object) ?? []), entry]);
  let sent = 0;
  for (const [object, ofObject] of byObject) {
    for (let start = 0; start < ofObject.length; start += IDS_PER_MESSAGE) {
      const only = ofObject.slice(start, start + IDS_PER_MESSAGE).map((entry) => entry.envelopeId);
      await work.send({ object, cause: 'live', only });
      sent++;
    }
  }
  return sent;
}

/** Waits until none is open, at most so long; the entries as they are then. */
export async function waitUntilClosed(
  { quarantine }: Pick<Deployment, 'quarantine'>,
  entries: readonly QuarantineEntry[],
  { world, timeoutMs }: { readonly world: Pick<World, 'clock' | 'sleep'>; readonly timeoutMs: number },
): Promise<QuarantineEntry[]> {
  const deadline = world.clock().getTime() + timeoutMs;
  for (;;) {
    const now = await Promise.all(entries.map(async (entry) => (await quarantine.get(entry.envelopeId)) ?? entry));
    const open = now.some((entry) => entry.status === 'open');
    if (!open || world.clock().getTime() >= deadline) return now;
    await world.sleep(POLL_MS);
  }
}
