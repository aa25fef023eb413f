/** Keys of sources: how they are made, told apart, and replaced. */
import { createHash, randomBytes } from 'node:crypto';
import { epochMs, instant } from '../time/instant.ts';
import type { OldKey, ServerKeys } from './source.ts';

const WRITE_KEY_BYTES = 18;
const SERVER_KEY_BYTES = 32;

export const WRITE_KEY_PREFIX = 'wk_';
export const SERVER_KEY_PREFIX = 'sk_';

export const newWriteKey = (): string => `${WRITE_KEY_PREFIX}${randomBytes(WRITE_KEY_BYTES).toString('base64url')}`;
export const newServerKey = (): string => `${SERVER_KEY_PREFIX}${randomBytes(SERVER_KEY_BYTES).toString('base64url')}`;

/** Of a server key, hex. It needs no salt: what is hashed is random, and long. */
export const hashOfKey = (key: string): string => createHash('sha256').update(key).digest('hex');

const DAY_MS = 24 * 60 * 60_000;
/** How long the key before is taken unless said: pages are cached for days, servers are deployed in hours. */
export const OVERLAP_MS = { write: 7 * DAY_MS, server: DAY_MS } as const;
/** Apps are updated by their users. */
export const LONGEST_OVERLAP_MS = 90 * DAY_MS;

/** The replaced key, until it is no longer taken; undefined where that is now. */
export const oldKey = (key: string, now: Date, overlapMs: number): OldKey | undefined =>
  overlapMs > 0 ? { key, until: instant(now.getTime() + overlapMs) } : undefined;

export const isStillValid = (old: OldKey | undefined, now: Date): old is OldKey =>
  old !== undefined && now.getTime() < epochMs(old.until);

/** Those that sign as of now. */
export const validServerKeys = ({ current, previous }: ServerKeys, now: Date): readonly string[] =>
  isStillValid(previous, now) ? [current, previous.key] : [current];
