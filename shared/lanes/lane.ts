/**
 * A lane is the work there is for one *party* outside: a platform's API, one connection each; a subscriber. Each piece of
 * work is a row with a due time, so that waiting for hours costs nothing and no function sleeps. Only the holder of the
 * lane's lease calls the party, so its rate, its back-off and its tokens need no more coordination, and a party that is
 * slow or down delays nobody else. `run.ts` has what a holder does.
 */

/** `hydrate/<connection>`, `deliver/<subscriber>`: the kind of work, and whom it is for. */
export type Party = string & { readonly __brand: 'Party' };

// The cast is the constructor of the brand.
export const hydrationParty = (connection: string): Party => `hydrate/${connection}` as Party;

export const DELIVERY_PREFIX = 'deliver/';
export const deliveryParty = (subscriber: string): Party => `${DELIVERY_PREFIX}${subscriber}` as Party;

/** The connection of such a party; undefined if the text is none. */
export const connectionOf = (party: string): string | undefined => /^hydrate\/(.+)$/.exec(party)?.[1];
/** Likewise. */
export const subscriberOf = (party: string): string | undefined => /^deliver\/(.+)$/.exec(party)?.[1];

export interface Work<Detail> {
  readonly party: Party;
  /** One row a subject: what is asked for again while it waits is joined with it. */
  readonly subject: string;
  /** Grows by one with each write: who writes or removes a row says which one was seen. */
  readonly revision: number;
  /** Epoch ms. */
  readonly dueAt: number;
  /** Epoch ms, when it was first asked for. */
  readonly askedAt: number;
  /** Tries that did not lead to the end. */
  readonly attempts: number;
  /** Why the last of them did not, and since when it has been just that. */
  readonly trouble?: { readonly code: string; readonly since: number } | undefined;
  /** Epoch ms of the first of them: waiting for a lane that is closed is no try. */
  readonly triedAt?: number | undefined;
  readonly detail: Detail;
}

/** What a lane's holders know of their party, and pass on. */
export interface LaneState {
  readonly party: Party;
  readonly revision: number;
  readonly holder?: { readonly id: string; readonly until: number } | undefined;
  /** Somebody came while it was held: the holder looks once more before it goes. */
  readonly nudged: boolean;
  /** Meanwhile the party was given what it may have missed (new credentials): the holder begins anew. */
  readonly reopened?: boolean | undefined;
  /** Epoch ms before which the party is not called: it said so, or it failed. */
  readonly notBefore: number;
  /** Failures in a row, of different pieces of work: so they are the party's. */
  readonly failures: number;
  readonly failedSubjects?: readonly string[] | undefined;
  /** Calls that may still be made at once, as of when; and the share of its limits that the party was seen to take. */
  readonly allowance?: { readonly calls: number; readonly at: number; readonly share: number } | undefined;
  /** A wake message that is under way will arrive then. */
  readonly wakeAt?: number | undefined;
  readonly health: LaneHealth;
}

export interface LaneHealth {
  /** Epoch ms, as all times here. */
  readonly lastSuccessAt?: number | undefined;
  readonly lastFailure?: { readonly at: number; readonly code: string } | undefined;
  /** The first failure since the last success; absent while it answers, and where its errand does not keep it. */
  readonly failingSince?: number | undefined;
  readonly tokensExpireAt?: number | undefined;
  /** From then on a person must authorise again. */
  readonly authorisationExpiresAt?: number | undefined;
}

export const idleLane = (party: Party): LaneState => ({
  party,
  revision: 0,
  nudged: false,
  notBefore: 0,
  failures: 0,
  health: {},
});

/** All reads are consistent; writes throw Conflict where the revision is no longer the one seen (0: there was nothing). */
export interface LaneStore<Detail> {
  getWork(party: Party, subject: string): Promise<Work<Detail> | undefined>;
  putWork(work: Work<Detail>, seenRevision: number): Promise<void>;
  removeWork(work: Work<Detail>): Promise<void>;
  /** Due by then, the longest due first. */
  listDue(party: Party, dueBy: number, limit: number): Promise<Work<Detail>[]>;
  getLane(party: Party): Promise<LaneState | undefined>;
  putLane(state: LaneState, seenRevision: number): Promise<void>;
  /** Of all parties. */
  listLanes(): Promise<LaneState[]>;
}

/** What is asked of lanes besides running them. */
export interface LaneUpkeep {
  /** How much work there is, due or not; counted no further than `most`. */
  countWork(party: Party, most: number): Promise<number>;
  /** The state, not the work: a holder that is still at it finds that it has lost the lane. Nothing where there is none. */
  removeLane(party: Party): Promise<void>;
}
