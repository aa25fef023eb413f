/** Events and subscribers, with what a test is about given and the rest plain. */
import type { ProfileEvent } from '../../shared/publish/events.ts';
import { SubscriberWishes } from '../../shared/subscribers/subscriber.ts';
import { A } from '../publish/samples.ts';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const START_MS = Date.parse('2026-11-24T10:00:00.000Z');

type Entered = Extract<ProfileEvent, { type: 'segment.entered' }>;

export const entered = (id: string, change: Partial<Entered> = {}): Entered => ({
  type: 'segment.entered',
  id,
  occurredAt: new Date(START_MS).toISOString(),
  cause: 'live',
  subject: A,
  revision: 7,
  profile: A,
  segment: 'vip',
  version: 2,
  since: new Date(START_MS).toISOString(),
  because: [{ at: '/all/0', value: 120_000 }],
  ...change,
});

export const tierChanged = (id: string): ProfileEvent => {
  const { segment: _, version: __, since, because: ___, ...told } = entered(id);
  return { ...told, type: 'tier.changed', to: 'growth', since, policyVersion: 1, reasons: [] };
};

export const manyEvents = (count: number, prefix = 'event'): Entered[] =>
  Array.from({ length: count }, (_, index) => entered(`${prefix}-${index + 1}`));

export const wishes = (url: string, change: Partial<SubscriberWishes> = {}): SubscriberWishes =>
  SubscriberWishes.parse({ url, ...change });
