/**
 * What the functions tell operators. Names and units are here and nowhere else, so that code, dashboard and alarms
 * agree. Fields are ids and numbers: never a body, a secret or a person.
 */
export const METRIC_NAMESPACE = 'Tributary';

export const METRICS = {
  /** Requests with a good signature. */
  received: 'Count',
  /** Requests refused, by reason. */
  rejected: 'Count',
  /** From the start of the function to the platform's success reply. */
  ackedMillis: 'Milliseconds',
  /** Requests that could not be made durable: the platform was told to try again. */
  deferred: 'Count',
  /** Envelopes written to the lake. */
  archived: 'Count',
  /** Updates that changed an order. */
  merged: 'Count',
  /** Updates that were duplicates or older than what is known. */
  noop: 'Count',
  /** Authentic messages that say nothing an order is made of. */
  ignored: 'Count',
  /** Messages that could not be understood. */
  quarantined: 'Count',
  /** Fetches that signals asked for; those of what is known already, or waits already, are not asked for. */
  asked: 'Count',
  /** Answers of platforms' APIs that were archived. */
  fetched: 'Count',
  /** From the receipt of the webhook that told of it to the answer being archived. */
  hydratedMillis: 'Milliseconds',
  /** Tries to fetch that did not lead there (yet), by reason. */
  fetchFailed: 'Count',
  /** From the receipt of a webhook to its order being stored. */
  freshnessMillis: 'Milliseconds',
  /** Profiles written, by why. */
  derived: 'Count',
  /** Changes of orders that say nothing new of a customer. */
  unmoved: 'Count',
  /** Customers that could not be derived at once, and wait on the queue. */
  postponed: 'Count',
  /** Customers linked with more personas than can be resolved together: left as they were. */
  oversized: 'Count',
  /** Profiles that a sweep found to be due for a review. */
  due: 'Count',
  /** Events told on the bus, by their type. */
  published: 'Count',
  /** Messages that subscribers took, by the type of the event. */
  delivered: 'Count',
  /** From the event to its message being taken, likewise. */
  deliveredMillis: 'Milliseconds',
  /** Tries that were not taken, by why. */
  deliveryFailed: 'Count',
  /** Messages that were not taken for a day, and rest among the dead letters: `message`. */
  deliveryDied: 'Count',
  /** Subscribers to whom nothing more is sent, as they took nothing for a day or said that they are gone: `subscriber`. */
  subscriberGaveUp: 'Count',
  /** Members written to the files of exports, by format. */
  exported: 'Count',
  /** Exports that failed, and say why in their records: `export`. */
  exportFailed: 'Count',
  /** Messages handed to providers, by provider and what came of it. */
  pushed: 'Count',
  /** Occurrences of campaigns that are settled, by how: `sent`, `held_out`, or what stood against it. */
  pushSettled: 'Count',
  /** Orders that count for a campaign's message, count otherwise than before, or no longer do: `attributed`, `taken_back`. */
  attributed: 'Count',
  /** From the start of a run to all campaigns' results being kept: `attribute`. */
  attributeMillis: 'Milliseconds',
  /** Customers who were scored anew in a version of recommendations: `recommend`. */
  recommended: 'Count',
  /** From the start of a run to the version being read: `recommend`. */
  recommendMillis: 'Milliseconds',
  /** Rows written to the lake of what became of customers, by their kind. */
  recorded: 'Count',
  /** Profiles in a snapshot that was taken: `snapshot`. */
  snapshotted: 'Count',
  /** From the start of its run to its being the newest, likewise. */
  snapshotMillis: 'Milliseconds',
  /** How old what the newest snapshot says is: after a run that succeeded (`snapshot`), and as a preview read it (`preview`). */
  snapshotAgeMillis: 'Milliseconds',
  /** From a question to its answer: `preview`. */
  previewedMillis: 'Milliseconds',
  /** Questions that were given up, as counting took too long: `preview`. */
  previewGaveUp: 'Count',
  /** Events of visitors that were taken, by the type of the call. */
  collected: 'Count',
  /** Requests with events, and single events, that were refused, by why. */
  collectRefused: 'Count',
  /** Requests with events that could not be queued, and were told to come again: `request`. */
  collectDeferred: 'Count',
  /** Events that were read, by kind; those that came twice are counted twice. */
  behaved: 'Count',
  /** Of these, what is of no person: `bot`, `test`. */
  disregarded: 'Count',
  /** Users whom the brand identified: `identify`. */
  identified: 'Count',
  /** Profiles read by the scheduled look at all of them. */
  surveyed: 'Count',
  /** Models and versions of the policy that it led to, by which. */
  renewed: 'Count',
  /** Those that it should have led to and could not, by which: what is in use stays until somebody looks. */
  notRenewed: 'Count',
} as const;
export type Metric = keyof typeof METRICS;

/** What is of a channel has it, and where given the `reason`; what is of none has the type of the event that tells it. */
export type Dimensions =
  | { readonly channel: string; readonly reason?: string; readonly event?: never }
  | { readonly event: string; readonly channel?: never; readonly reason?: never };

export interface LogFields {
  readonly envelope?: string;
  readonly order?: string;
  readonly channel?: string;
  readonly connection?: string;
  readonly object?: string;
  readonly code?: string;
  /** What a batch did, order by order. */
  readonly merged?: readonly {
    readonly order: string;
    readonly revision: number;
    readonly envelopes: readonly string[];
  }[];
  readonly [field: string]: string | number | boolean | undefined | readonly object[];
}

export interface Telemetry {
  info(message: string, fields: LogFields): void;
  warn(message: string, fields: LogFields): void;
  /** Of the error only its name, code and stack are written. */
  error(message: string, error: unknown, fields: LogFields): void;
  /**
   * `about` is written into the same log line, so that a webhook can be followed without a line of its own.
   */
  measure(
    metric: Metric,
    value: number,
    dimensions: Dimensions,
    about?: { readonly envelope: string; readonly connection: string },
  ): void;
  /** Writes out what was measured; called once at the end of each invocation. */
  flush(): void;
}
