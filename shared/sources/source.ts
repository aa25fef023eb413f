/**
 * A source of events: a web shop, an app, a mini program, a server of the brand's. Its write key is publishable, as it stands in
 * pages and apps that anybody can read: it says where an event comes from, and proves nothing of whom it is about. What it says of
 * people counts under the server key alone, or by a signature that was made with it.
 */
import type { Instant } from '../time/instant.ts';

export const SOURCE_KINDS = ['web', 'app', 'mini_program', 'server'] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

/** As ids of connections: it stands in the names of personas, `web/<source>/<user id>`. */
export const SOURCE_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

/** What people say of it. */
export interface SourceWishes {
  readonly name: string;
  readonly kind: SourceKind;
  /** IANA, `Asia/Shanghai`: of visitors whose events say none. */
  readonly zone?: string;
  /** ISO 4217: of prices whose events say none. */
  readonly currency?: string;
  /** ISO 3166-1 alpha-2: of phones that are written without a country code. */
  readonly region?: string;
}

export interface Source extends SourceWishes {
  readonly id: string;
  /** `wk_…`, publishable. */
  readonly writeKey: string;
  /** The one before is taken, too, until then: pages and apps that are out there still have it. */
  readonly previousWriteKey?: OldKey;
  /** SHA-256 of the server key, hex: enough to know it by, and of no use to who reads it. */
  readonly serverKeyHash: string;
  readonly previousServerKeyHash?: OldKey;
  /** Grows by one with each put. */
  readonly revision: number;
  readonly createdAt: Instant;
  readonly by: string;
  /** Since then nothing is taken from it. */
  readonly disabledAt?: Instant;
}

export interface OldKey {
  readonly key: string;
  readonly until: Instant;
}

export interface SourceStore {
  getSource(id: string): Promise<Source | undefined>;
  /** All, by id. */
  listSources(): Promise<Source[]>;
  /** Throws Conflict unless its revision is the next (1: there was none). */
  putSource(source: Source): Promise<void>;
  /** Throws Conflict unless the revision is the one there. */
  removeSource(id: string, revision: number): Promise<void>;
}

/** `sk_…`: proves that the brand itself says so, and signs what its pages may say for it. */
export interface ServerKeys {
  readonly current: string;
  readonly previous?: OldKey;
}

/** One SSM SecureString parameter a source. */
export interface ServerKeyStore {
  getServerKeys(source: string): Promise<ServerKeys | undefined>;
  putServerKeys(source: string, keys: ServerKeys): Promise<void>;
  removeServerKeys(source: string): Promise<void>;
}

/** All are read together, and kept in memory. */
export const SOURCES_MOST = 100;
