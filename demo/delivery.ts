/** What the demo, the simulation and the tests play: requests as platforms send them, made from a seed. */
import type { HttpRequest } from '../shared/channels/adapter.ts';

/** What the platform's API answers for a subject from the moment of a delivery on. */
export interface PlatformRecord {
  /** As in signals: `order/123`. */
  readonly subject: string;
  /** Grows with each change of the record: of two, the greater stands, whichever was put first. */
  readonly version: number;
  /** JSON as the platform writes it: of an order, what stands for one order in its answer. */
  readonly json: string;
}

export interface Delivery {
  readonly channel: string;
  readonly connection: string;
  /** When the platform first sends it, epoch milliseconds. */
  readonly atMs: number;
  /** Signed. */
  readonly request: HttpRequest;
  /** Of a thin webhook: what has changed at the platform when it is sent. */
  readonly records?: readonly PlatformRecord[];
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
  /** The address registered at the platform, which some sign. */
  readonly webhookUrl: string;
  /** The shop's id at the platform. */
  readonly shop: string;
  /** The first order is placed at this time, epoch milliseconds. */
  readonly startMs: number;
  /** Mean time between two orders. */
  readonly everyMs: number;
}
