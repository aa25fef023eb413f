/** What travels on the queues. Parsed again on arrival: a queue is an edge, too. */
// zod/mini, as ingest bundles this: a fifth of the size of zod.
import * as z from 'zod/mini';
import { Envelope, EnvelopeId } from '../lake/envelope.ts';

/** Why work is done. Only live and review may ever lead to a message to a customer. */
export const Cause = z.enum(['live', 'review', 'policy', 'merge', 'backfill', 'replay']);
export type Cause = z.infer<typeof Cause>;

/** Inbox queue: a webhook, or where it lies in the lake already because it is too large for a message. */
export const InboxMessage = z.union([
  z.object({ envelope: Envelope }),
  z.object({ archived: z.object({ object: z.string().check(z.minLength(1)) }) }),
]);
export type InboxMessage = z.infer<typeof InboxMessage>;

/** Work queue: an object of the lake to be turned into orders; `only` some of its envelopes when they are retried. */
export const WorkMessage = z.object({
  object: z.string().check(z.minLength(1)),
  cause: Cause,
  only: z.optional(z.array(EnvelopeId).check(z.minLength(1))),
});
export type WorkMessage = z.infer<typeof WorkMessage>;

/** Wake queue: there may be something to do in that lane (see shared/lanes/lane.ts), or in any. */
export const WakeMessage = z.union([
  z.object({ wake: z.string().check(z.minLength(1)) }),
  z.object({ sweep: z.literal(true) }),
]);
export type WakeMessage = z.infer<typeof WakeMessage>;

/** Push queue, besides waking lanes: a page of a scheduled campaign's run over its audience. */
export const RunMessage = z.object({
  run: z.object({ campaign: z.string(), at: z.iso.datetime(), after: z.optional(z.string()) }),
});
export type RunMessage = z.infer<typeof RunMessage>;

/** Likewise: a product can be bought again, as of `at`; a page of those who are likely to want it. `listed`: on the pages before. */
export const RestockMessage = z.object({
  restocked: z.object({
    product: z.string().check(z.minLength(1)),
    at: z.iso.datetime(),
    after: z.optional(z.string()),
    listed: z.optional(z.int()),
  }),
});
export type RestockMessage = z.infer<typeof RestockMessage>;

/** Likewise: a campaign to be tried on one of the brand's own devices, as was asked for under that id. */
export const TestMessage = z.object({
  test: z.object({ campaign: z.string().check(z.minLength(1)), id: z.string().check(z.minLength(1)) }),
});
export type TestMessage = z.infer<typeof TestMessage>;

/** A page of a run over a whole table (shared/derivations/sweep.ts). */
const page = {
  run: z.string(),
  after: z.optional(z.string()),
  waits: z.optional(z.int()),
  step: z.optional(z.int()),
};

/** Of which orders something may have changed: those paid in one of these currencies on a day between these, both included. */
const Paid = z.object({ currencies: z.array(z.string()), from: z.string(), to: z.string() });

/**
 * Profiles queue: an order that could not be followed at once, with the places it has left; profiles to be derived anew; or what
 * time brings. All but the first name only what is to be looked at: what is found there is read when it is looked at.
 */
export const ProfilesMessage = z.union([
  z.object({
    order: z.string().check(z.minLength(1)),
    left: z.array(z.object({ persona: z.string(), day: z.string(), revision: z.int() })),
    cause: Cause,
  }),
  z.object({
    personas: z.array(z.string()).check(z.minLength(1), z.maxLength(100)),
    cause: Cause,
    /** Of a re-derivation: by which run, and under which name it waits for these. */
    of: z.optional(z.object({ run: z.string(), group: z.string() })),
  }),
  /** What the brand says a persona is identified by, without an order; sealed, as it is personal (shared/profiles/identify.ts). */
  z.object({
    identified: z.object({ persona: z.string().check(z.minLength(1)), at: z.iso.datetime(), sealed: z.base64() }),
  }),
  /** Whatever is due: reviews, and a policy or model that came into force. */
  z.object({ sweep: z.literal(true) }),
  /** All profiles of a shard of the review index, page by page, for a run of a re-derivation. */
  z.object({
    rederive: z.object({ ...page, shard: z.int() }),
  }),
  /** All orders of a segment of the orders table, page by page: rates have come, or a lookup key, and then it is about all. */
  z.object({
    recount: z.object({ ...page, segment: z.int(), paid: z.optional(Paid) }),
  }),
]);
export type ProfilesMessage = z.infer<typeof ProfilesMessage>;

/** SQS takes 1 MiB, but a Lambda event of a batch takes 6 MB in all: a larger envelope goes to the lake first. */
export const LARGEST_INBOX_MESSAGE_BYTES = 200 * 1024;
