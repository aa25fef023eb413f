/**
 * What collect puts on the queue of behaviour: events with what is of use and nothing besides. Of traits only what identifies a
 * person, and that only where the brand vouches for it; no address, no agent, no page, no free text. Parsed again on arrival.
 */
// zod/mini, as collect bundles this: a fifth of the size of zod.
import * as z from 'zod/mini';
import { SOURCE_KINDS } from '../sources/source.ts';
import type { Instant } from '../time/instant.ts';
import { CALL_TYPES } from './paths.ts';

/** Longest, in characters: ids, and all other texts. */
export const ID_MOST = 200;
export const TEXT_MOST = 200;
export const PRODUCTS_MOST = 100;
export const CATEGORIES_MOST = 8;

const Id = z.string().check(z.minLength(1), z.maxLength(ID_MOST));
const Text = z.string().check(z.minLength(1), z.maxLength(TEXT_MOST));

/**
 * How far an event is proven: by the server key, all of it; by a signature over the user's id and what identifies them, that; by one
 * over the id alone, that it is this user.
 */
const PROOFS = ['server', 'identifiers', 'user'] as const;
export type Proof = (typeof PROOFS)[number];

/** By name; as written. Personal. */
export const TRAITS = ['email', 'phone', 'memberCard', 'unionId'] as const;
export type Trait = (typeof TRAITS)[number];
export const Traits = z.object({
  email: z.exactOptional(Text),
  phone: z.exactOptional(Text),
  memberCard: z.exactOptional(Text),
  unionId: z.exactOptional(Text),
});
export type Traits = z.infer<typeof Traits>;

/** As sent: what numbers they are, the reader says. */
const CollectedProduct = z.object({
  productId: Id,
  skuId: z.exactOptional(Id),
  quantity: z.exactOptional(Text),
  /** Major units, decimal. */
  price: z.exactOptional(Text),
  currency: z.exactOptional(Text),
  categoryPath: z.exactOptional(z.array(Text).check(z.maxLength(CATEGORIES_MOST))),
});
export type CollectedProduct = z.infer<typeof CollectedProduct>;

export const CollectedEvent = z.object({
  messageId: Id,
  type: z.enum(CALL_TYPES),
  /** Of a track call. */
  event: z.exactOptional(Text),
  anonymousId: z.exactOptional(Id),
  userId: z.exactOptional(Id),
  /** Of an alias: who it was before. */
  previousId: z.exactOptional(Id),
  /** By the sender's clock; when it happened, and when it was sent. Milliseconds since the epoch. */
  happenedAtMs: z.exactOptional(z.number()),
  sentAtMs: z.exactOptional(z.number()),
  products: z.array(CollectedProduct).check(z.maxLength(PRODUCTS_MOST)),
  cartId: z.exactOptional(Id),
  /** Of a push message: its key, as the app got it. */
  message: z.exactOptional(Id),
  currency: z.exactOptional(Text),
  proof: z.exactOptional(z.enum(PROOFS)),
  /** Only where they are proven. */
  traits: z.exactOptional(Traits),
  bot: z.boolean(),
  test: z.boolean(),
  locale: z.exactOptional(Text),
  zone: z.exactOptional(Text),
});
export type CollectedEvent = z.infer<typeof CollectedEvent>;

// The cast: written by collect, of its clock.
const At = z.pipe(
  z.iso.datetime(),
  z.transform((at) => at as Instant),
);

export const CollectedEvents = z.object({
  /** As it was then: what it says of those who say nothing themselves. */
  source: z.object({
    id: z.string(),
    kind: z.enum(SOURCE_KINDS),
    zone: z.exactOptional(z.string()),
    currency: z.exactOptional(z.string()),
    region: z.exactOptional(z.string()),
  }),
  receivedAt: At,
  events: z.array(CollectedEvent).check(z.minLength(1)),
});
export type CollectedEvents = z.infer<typeof CollectedEvents>;
export type CollectedSource = CollectedEvents['source'];

/** Of a message. SQS takes 1 MiB, but a Lambda event of a batch takes 6 MB in all. */
export const LARGEST_MESSAGE_BYTES = 200 * 1024;
