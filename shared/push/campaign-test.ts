/** A campaign tried on one of the brand's own devices: what was asked for, and what came of it (test-send.ts sends it). */
import type { PersonaId } from '../identity/persona.ts';
import type { Provider } from '../senders/sender.ts';
import type { Instant } from '../time/instant.ts';

export const TEST_STATES = ['waiting', 'sending', 'sent', 'failed', 'unknown'] as const;
export type TestState = (typeof TEST_STATES)[number];

export interface CampaignTest {
  readonly id: string;
  readonly campaign: string;
  /** Whose data fill the template. */
  readonly profile: PersonaId;
  readonly device: string;
  /** Absent: the one that the customer would get. */
  readonly variant?: string;
  /** Absent: that of the device. */
  readonly locale?: string;
  readonly by: string;
  /** Of the state. */
  readonly at: Instant;
  readonly state: TestState;
  readonly provider?: Provider;
  /** Why it failed: ours, or the provider's. */
  readonly code?: string;
}

export interface CampaignTestStore {
  /** `seen`: the state that is to be there still, undefined: none is. Whether it was so, and is put. */
  putTest(test: CampaignTest, seen: TestState | undefined): Promise<boolean>;
  getTest(campaign: string, id: string): Promise<CampaignTest | undefined>;
}

export const TEST_KEPT_DAYS = 7;
/** Of one campaign. */
export const TESTS_A_MINUTE = 10;
