/** To whom events are told besides the bus: subscribers, each over HTTP. */
import type { ProfileEvent } from './events.ts';

export interface Deliveries {
  /** Puts them on their way. Idempotent by their ids while they are; throws where that failed for any, and then all may come again. */
  tell(events: readonly ProfileEvent[]): Promise<void>;
}
