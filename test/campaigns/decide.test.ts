/** Each reason that keeps a message back, and that nothing else does. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { decide, type PushDecision, type Situation } from '../../shared/campaigns/decide.ts';
import { sendKey } from '../../shared/campaigns/occurrence.ts';
import type { PastSend } from '../../shared/campaigns/past-sends.ts';
import { SUPPRESSIONS } from '../../shared/campaigns/suppression.ts';
import { epochMs, type Instant, instant } from '../../shared/time/instant.ts';
import { personaId } from '../profiles/people.ts';
import { ANNE, campaign, NOON, recipient, situation } from './spring.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const ago = (ms: number): Instant => instant(epochMs(NOON) - ms);
const later = (ms: number): Instant => instant(epochMs(NOON) + ms);
const { policy } = situation();
const past = (ms: number, changes: Partial<PastSend> = {}): PastSend => ({
  ...{ key: `sent ${ms}`, campaign: 'another', at: ago(ms), isMarketing: true },
  ...changes,
});
const occurrence = situation().occurrence;
const nonPersonalised = { zh: { title: '新品', body: '新品上市' } };
const noPersonal = new Map([
  ['push', true],
  ['personalisation/push', false],
]);
const withOther = campaign({ content: { ...campaign().content, nonPersonalised } });

const reasonsOf = (decision: PushDecision) => (decision.kind === 'suppress' ? decision.reasons : []);

describe('an occurrence leads to a message', () => {
  it('of the campaign, with a key and a variant', () => {
    expect(decide(situation())).toMatchObject({
      kind: 'send',
      key: sendKey('spring', ANNE, 'entered-1'),
      variant: { id: 'a' },
      isPersonalised: true,
    });
  });

  test.each<[string, Partial<Situation>]>([
    ['with as many before as may be', { sent: [past(HOUR_MS), ...[2, 3, 4].map((days) => past(days * DAY_MS))] }],
    [
      'with more before that were of service',
      { sent: [1, 2, 3, 4, 5, 6].map((n) => past(n * HOUR_MS, { isMarketing: false })) },
    ],
    ['of a day ago to the millisecond', { sent: [past(HOUR_MS), past(DAY_MS)] }],
    ['after a review', { occurrence: { ...occurrence, cause: 'review' } }],
    ['as old as may be', { occurrence: { ...occurrence, at: ago(6 * HOUR_MS) } }],
    ['with a budget of one', { budgetLeft: 1 }],
    [
      'of service without consent, at night',
      {
        campaign: campaign({ purpose: 'service' }),
        recipient: recipient({ consents: new Map() }),
        now: later(12 * HOUR_MS),
        firstSeenAt: later(12 * HOUR_MS),
        occurrence: { ...occurrence, at: later(12 * HOUR_MS) },
      },
    ],
  ])('%s', (_, changes) => {
    expect(decide(situation(changes)).kind).toBe('send');
  });

  it('of the non-personalised kind to who has refused the other', () => {
    const decision = decide(situation({ campaign: withOther, recipient: recipient({ consents: noPersonal }) }));
    expect(decision).toMatchObject({ kind: 'send', isPersonalised: false });
  });
});

describe('is kept back', () => {
  const cases: [keyof typeof SUPPRESSIONS, Partial<Situation>][] = [
    ['not_running', { campaign: campaign({ wanted: 'paused' }) }],
    ['not_running', { campaign: campaign({ wanted: 'draft' }) }],
    ['not_running', { campaign: campaign({ startsAt: later(1) }) }],
    ['not_running', { campaign: campaign({ endsAt: NOON }) }],
    ['no_news', { occurrence: { ...occurrence, cause: 'replay' } }],
    ['no_news', { occurrence: { ...occurrence, cause: 'policy' } }],
    ['stale', { occurrence: { ...occurrence, at: ago(6 * HOUR_MS + 1) } }],
    ['cart_ordered', { lapsed: 'cart_ordered' }],
    ['cart_empty', { lapsed: 'cart_empty' }],
    ['sold_out', { lapsed: 'sold_out' }],
    ['already_sent', { lapsed: 'already_sent' }],
    ['not_in_audience', { campaign: campaign({ audience: { in: ['tea-lovers', 'rich'], notIn: [] } }) }],
    ['excluded', { campaign: campaign({ audience: { in: [], notIn: ['tea-lovers'] } }) }],
    ['suppression_list', { recipient: recipient({ isSuppressed: true }) }],
    ['no_consent', { recipient: recipient({ consents: new Map([['sms', true]]) }) }],
    ['consent_refused', { recipient: recipient({ consents: new Map([['push', false]]) }) }],
    [
      'consent_refused',
      {
        campaign: campaign({ purpose: 'service' }),
        recipient: recipient({ consents: new Map([['service/push', false]]) }),
      },
    ],
    ['personalisation_refused', { recipient: recipient({ consents: noPersonal }) }],
    ['no_endpoint', { recipient: recipient({ hasEndpoint: false }) }],
    ['already_sent', { sent: [past(HOUR_MS, { key: sendKey('spring', ANNE, 'entered-1'), isMarketing: false })] }],
    [
      'already_sent',
      {
        recipient: recipient({ aliases: [personaId('douyin/live/dy-7')] }),
        sent: [
          past(HOUR_MS, { key: sendKey('spring', personaId('douyin/live/dy-7'), 'entered-1'), isMarketing: false }),
        ],
      },
    ],
    ['cap_of_day', { sent: [past(1), past(DAY_MS - 1)] }],
    ['cap_of_week', { sent: [2, 3, 4, 5, 6.9].map((days) => past(days * DAY_MS)) }],
    [
      'cap_of_campaign',
      {
        campaign: campaign({ limits: { perCustomer: { times: 1, days: 30 } } }),
        sent: [past(29 * DAY_MS, { campaign: 'spring' })],
      },
    ],
    ['budget_spent', { budgetLeft: 0 }],
    [
      'quiet_too_long',
      { campaign: campaign({ limits: { holdHours: 8, quietHours: { from: '11:00', to: '21:00' } } }) },
    ],
  ];
  test.each(cases)('for %s', (reason, changes) => {
    expect(reasonsOf(decide(situation(changes)))).toEqual([reason]);
  });

  it('for all that stands against it, in a fixed order', () => {
    const decision = decide(
      situation({
        campaign: campaign({ wanted: 'paused', audience: { in: ['rich'], notIn: [] } }),
        recipient: recipient({ consents: new Map(), hasEndpoint: false }),
        budgetLeft: 0,
      }),
    );
    expect(reasonsOf(decision)).toEqual([
      'not_running',
      'not_in_audience',
      'no_consent',
      'no_endpoint',
      'budget_spent',
    ]);
  });

  // What only the stage can know: what the content needs, what there is to recommend, and how large it becomes.
  const ELSEWHERE = ['missing_value', 'no_recommendation', 'too_large'];
  it('for each reason there is, somewhere', () => {
    const covered = new Set<string>([...cases.map(([reason]) => reason), ...ELSEWHERE]);
    expect([...covered].sort()).toEqual(Object.keys(SUPPRESSIONS).sort());
  });
});

describe('is held', () => {
  const night = later(11 * HOUR_MS);
  const atNight: Partial<Situation> = { now: night, firstSeenAt: night, occurrence: { ...occurrence, at: night } };

  it('until the customer’s morning, and sent then', () => {
    const held = decide(situation(atNight));
    expect(held).toEqual({ kind: 'hold', until: '2026-11-26T00:30:00.000Z' });
    if (held.kind !== 'hold') return;
    expect(decide(situation({ ...atNight, now: held.until })).kind).toBe('send');
    // Had it been first seen only then, it would have been too late.
    expect(reasonsOf(decide(situation({ ...atNight, now: held.until, firstSeenAt: held.until })))).toEqual(['stale']);
  });

  it('by the clock where the customer is', () => {
    expect(decide(situation({ recipient: recipient({ zone: 'America/New_York' }) })).kind).toBe('hold');
  });

  it('and not sent if consent was taken back meanwhile', () => {
    const refused = recipient({ consents: new Map([['push', false]]) });
    expect(
      reasonsOf(
        decide(situation({ ...atNight, now: instant(Date.parse('2026-11-26T00:30:00Z')), recipient: refused })),
      ),
    ).toEqual(['consent_refused']);
  });
});

describe('holding out', () => {
  it('comes last: who would not have been sent to is in no arm', () => {
    const all = { campaign: campaign({ limits: { holdout: 0.9 } }), policy: { ...policy, holdout: 0.5 } };
    const profiles = Array.from({ length: 200 }, (_, n) => personaId(`shopify/shop/${n}`));
    const kinds = profiles.map((profile) => decide(situation({ ...all, recipient: recipient({ profile }) })).kind);
    expect(new Set(kinds)).toEqual(new Set(['held_out', 'send']));
    for (const profile of profiles)
      expect(decide(situation({ ...all, recipient: recipient({ profile, hasEndpoint: false }) })).kind).toBe(
        'suppress',
      );
  });
});

describe('caps', () => {
  const { perDay, perWeek } = policy;
  const minutes = fc.array(fc.nat(14 * 24 * 60), { maxLength: 60 });

  it('are never passed in any window, whatever comes when', () => {
    fc.assert(
      fc.property(minutes, (times) => {
        const sent: PastSend[] = [];
        for (const [index, minute] of times.toSorted((a, b) => a - b).entries()) {
          const now = later(minute * 60_000);
          const one = { ...occurrence, id: `entered-${index}`, at: now };
          const decision = decide(
            situation({
              key: `key ${index}`,
              campaign: campaign({ limits: { quietHours: { from: '00:00', to: '00:01' } } }),
              sent,
              occurrence: one,
              now,
              firstSeenAt: now,
            }),
          );
          if (decision.kind === 'send')
            sent.push({ key: decision.key, campaign: 'spring', at: now, isMarketing: true });
        }
        const within = (days: number) =>
          sent.map(
            ({ at }) =>
              sent.filter((other) => other.at <= at && epochMs(at) - epochMs(other.at) < days * DAY_MS).length,
          );
        expect(Math.max(0, ...within(1))).toBeLessThanOrEqual(perDay);
        expect(Math.max(0, ...within(7))).toBeLessThanOrEqual(perWeek);
      }),
    );
  });
});
