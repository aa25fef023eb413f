/** What the demo, the simulation and the tests play: requests as platforms send them, made from a seed. */
import type { HttpRequest } from '../shared/channels/adapter.ts';

export interface Delivery {
  readonly channel: string;
  readonly connection: string;
  /** When the platform first sends it, epoch milliseconds. */
  readonly atMs: number;
  /** Signed. */
  readonly request: HttpRequest;
}

/** The life of one order, as the deliveries it causes, in the order in which the platform makes them. */
export interface Story {
  readonly orderId: string;
  readonly deliveries: readonly Delivery[];
}

/** A shop that sells without end: `stories` goes on for as long as it is asked. */
export interface ShopOptions {
  readonly connection: string;
  readonly secret: string;
  /** The first order is placed at this time, epoch milliseconds. */
  readonly startMs: number;
  /** Mean time between two orders. */
  readonly everyMs: number;
}
