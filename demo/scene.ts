/** One order as a script wants it: what each channel's story-teller needs to be told, where a day at a shop leaves it to chance. */
import type { Person, Product } from './people.ts';

export interface Scene {
  /** Of the order; ids are made of it, so one number is one order of the shop. */
  readonly number: number;
  /** To the second, or to the millisecond, as the platform's clock tells it; it was placed a little before. */
  readonly paidAtMs: number;
  /** What is bought over the counter is paid as it is placed; a voucher is sent to a phone instead of a house. */
  readonly handedOver: 'parcel' | 'counter' | 'voucher';
  readonly buyer: Person;
  /** Bought without an account: the shop has no id of its own for the buyer. */
  readonly guest: boolean;
  /** Where the platform masks the recipient of most parcels: whether it shows this one's. */
  readonly recipientShown: boolean;
  /** Prices are in the shop's currency. */
  readonly lines: readonly SceneLine[];
  /** The first line (of several pieces some), or all of it, comes back. */
  readonly back?: { readonly atMs: number; readonly extent: 'one' | 'all' };
}

export interface SceneLine {
  readonly product: Product;
  readonly quantity: number;
}
