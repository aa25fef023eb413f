import type { Envelope } from './envelope.ts';

/** The raw lake: every authentic webhook, byte for byte, before anything interprets it. */
export interface Lake {
  /** Stores the envelopes as one object; the same key and envelopes again change nothing. */
  write(object: string, envelopes: readonly Envelope[]): Promise<void>;
  /** The envelopes of an object, in the order written. Throws NotFound if there is no such object. */
  read(object: string): Promise<Envelope[]>;
}
