/** What people do with sources. Whoever calls has checked who asks, and the form of what is asked. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../runtime/clock.ts';
import { Conflict, NotFound } from '../runtime/errors.ts';
import { compact } from '../text/compact.ts';
import { type Instant, instant } from '../time/instant.ts';
import { hashOfKey, newServerKey, newWriteKey, OVERLAP_MS, oldKey } from './keys.ts';
import { type ServerKeyStore, SOURCES_MOST, type Source, type SourceStore, type SourceWishes } from './source.ts';

export interface SourceManagement {
  readonly sources: SourceStore;
  readonly serverKeys: ServerKeyStore;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly newWriteKey: () => string;
  readonly newServerKey: () => string;
}

export const RANDOM_KEYS: Pick<SourceManagement, 'newId' | 'newWriteKey' | 'newServerKey'> = {
  newId: () => `src_${randomBytes(9).toString('base64url')}`,
  newWriteKey,
  newServerKey,
};

export interface Added {
  readonly source: Source;
  /** Shown once. */
  readonly serverKey: string;
}

/**
 * Its events are taken at once.
 *
 * @throws Conflict if there is one of that id, or there are as many as may be
 */
export async function addSource(
  { id, wishes, by }: { readonly id?: string | undefined; readonly wishes: SourceWishes; readonly by: string },
  its: SourceManagement,
): Promise<Added> {
  const known = await its.sources.listSources();
  if (known.some((other) => other.id === id)) throw new Conflict('source_exists', `There is a source ${id} already.`);
  if (known.length >= SOURCES_MOST)
    throw new Conflict('too_many', `There are ${SOURCES_MOST} sources: no more can be.`);
  const serverKey = its.newServerKey();
  const source: Source = {
    ...wishes,
    id: id ?? its.newId(),
    writeKey: its.newWriteKey(),
    serverKeyHash: hashOfKey(serverKey),
    revision: 1,
    createdAt: instant(its.clock().getTime()),
    by,
  };
  // First the source: of two who add the same at once, one fails here, and has put no key in place of the other's.
  await its.sources.putSource(source);
  await its.serverKeys.putServerKeys(source.id, { current: serverKey });
  return { source, serverKey };
}

/**
 * `revision`: the one that was seen. `disabled`: nothing is taken from it, within seconds.
 *
 * @throws NotFound · Conflict if it was changed meanwhile
 */
export async function changeSource(
  {
    id,
    revision,
    wishes,
    disabled,
    by,
  }: {
    readonly id: string;
    readonly revision: number;
    readonly wishes: SourceWishes;
    readonly disabled: boolean;
    readonly by: string;
  },
  { sources, clock }: Pick<SourceManagement, 'sources' | 'clock'>,
): Promise<Source> {
  const known = await findSource(id, sources);
  if (known.revision !== revision) throw changed(id);
  const { writeKey, previousWriteKey, serverKeyHash, previousServerKeyHash, createdAt, disabledAt } = known;
  const next: Source = compact({
    ...wishes,
    id,
    writeKey,
    previousWriteKey,
    serverKeyHash,
    previousServerKeyHash,
    revision: revision + 1,
    createdAt,
    by,
    disabledAt: disabled ? (disabledAt ?? instant(clock().getTime())) : undefined,
  });
  await sources.putSource(next);
  return next;
}

/**
 * With its server key. What it brought stays.
 *
 * @throws NotFound · Conflict if it was changed meanwhile
 */
export async function removeSource(
  { id, revision }: { readonly id: string; readonly revision: number },
  { sources, serverKeys }: Pick<SourceManagement, 'sources' | 'serverKeys'>,
): Promise<void> {
  const known = await sources.getSource(id);
  if (known && known.revision !== revision) throw changed(id);
  if (known) await sources.removeSource(id, revision);
  await serverKeys.removeServerKeys(id);
  if (!known) throw notFound(id);
}

export interface Rotated {
  readonly source: Source;
  /** The new one; a server key is shown this once. */
  readonly key: string;
  readonly previousValidUntil?: Instant;
}

/**
 * `overlapMs`: how long the key before is taken as well; 0: not at all, within a minute.
 *
 * @throws NotFound · Conflict if it was changed meanwhile
 */
export async function rotateKey(
  {
    id,
    which,
    overlapMs = OVERLAP_MS[which],
    by,
  }: { readonly id: string; readonly which: 'write' | 'server'; readonly overlapMs?: number; readonly by: string },
  its: SourceManagement,
): Promise<Rotated> {
  const known = await findSource(id, its.sources);
  const now = its.clock();
  const next = { ...known, revision: known.revision + 1, by };
  if (which === 'write') {
    const key = its.newWriteKey();
    const previous = oldKey(known.writeKey, now, overlapMs);
    const { previousWriteKey: _, ...rest } = next;
    const source: Source = { ...rest, writeKey: key, ...(previous && { previousWriteKey: previous }) };
    await its.sources.putSource(source);
    return { source, key, ...(previous && { previousValidUntil: previous.until }) };
  }
  const key = its.newServerKey();
  const previous = oldKey(known.serverKeyHash, now, overlapMs);
  const { previousServerKeyHash: _, ...rest } = next;
  const source: Source = {
    ...rest,
    serverKeyHash: hashOfKey(key),
    ...(previous && { previousServerKeyHash: previous }),
  };
  // First the source, under its revision: of two who do so at once, one fails here.
  await its.sources.putSource(source);
  const signing = await its.serverKeys.getServerKeys(id);
  const old = signing && oldKey(signing.current, now, overlapMs);
  await its.serverKeys.putServerKeys(id, { current: key, ...(old && { previous: old }) });
  return { source, key, ...(previous && { previousValidUntil: previous.until }) };
}

/** @throws NotFound */
export async function findSource(id: string, sources: Pick<SourceStore, 'getSource'>): Promise<Source> {
  const known = await sources.getSource(id);
  if (!known) throw notFound(id);
  return known;
}

const notFound = (id: string) => new NotFound('source_not_found', `There is no source ${id}.`);
const changed = (id: string) => new Conflict('source_changed', `Source ${id} was changed meanwhile. Look at it again.`);
