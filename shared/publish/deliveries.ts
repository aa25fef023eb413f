/** To whom events are told besides the bus: subscribers, each over HTTP, and campaigns, whose triggers they may be. */
import type { ProfileEvent } from './events.ts';

export interface Deliveries<Event = ProfileEvent> {
  /** Puts them on their way. Idempotent by their ids while they are; throws where that failed for any, and then all may come again. */
  tell(events: readonly Event[]): Promise<void>;
}
