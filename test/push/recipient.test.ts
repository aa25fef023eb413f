/** Whom a decision is about: devices and words of anonymous browsers, and contacts that are never written to. */
import { describe, expect, it, test } from 'vitest';
import { anonymousKey } from '../../shared/behaviour/names.ts';
import { updateVisitor } from '../../shared/behaviour/update-visitors.ts';
import type { Visitor } from '../../shared/behaviour/visitor.ts';
import type { Mark } from '../../shared/profiles/marks.ts';
import { updateCustomers } from '../../shared/profiles/update.ts';
import { DEVICES_MOST } from '../../shared/push/device.ts';
import { readRecipient } from '../../shared/push/recipient.ts';
import { contactKey, readContact } from '../../shared/push/suppression-list.ts';
import { epochMs, type Instant, instant } from '../../shared/time/instant.ts';
import { NOON } from '../campaigns/spring.ts';
import { type Bought, bought, KEYS, personaId, testRules } from '../profiles/people.ts';
import { ANNE, openStage } from './stage.ts';

const USER = personaId('web/app/u42');
const OTHER = personaId('web/app/u43');
const VISITOR = anonymousKey({ source: 'app' }, '8b9f4b2e', KEYS.guest);
const PHONE = '+8613912345678';
const at = (ms: number): Instant => instant(epochMs(NOON) + ms);

const seen = (ms: number, user?: typeof USER): Visitor => ({
  ...{ views: [], cart: { lines: [] }, lastSeenAt: at(ms) },
  ...(user && { user: { at: at(ms), id: `m${ms}`, persona: user } }),
});

const word = (name: string, on: boolean, ms: number): Mark => ({
  ...{ kind: 'consent', name, on, at: at(ms), by: 'the app', source: 'banner', wording: '2026-03' },
});

async function open() {
  const stage = await openStage();
  const buy = (...all: readonly Bought[]) =>
    updateCustomers({ entries: all.map(bought), personas: [] }, stage.customers, testRules(stage.customers), {
      now: NOON,
      cause: 'live',
    });
  return {
    ...stage,
    buy,
    known: () => readRecipient(ANNE, stage.dependencies),
    see: (ms: number, user?: typeof USER) => updateVisitor(VISITOR, seen(ms, user), stage.visitors),
  };
}

/** Anne, who signs in to the app as u42, and an anonymous browser that is hers. */
async function withUser() {
  const stage = await open();
  await stage.buy({ by: USER, at: '2026-11-20T08:00:00.000Z', identifiers: { phone: PHONE } });
  await stage.devices.putDevice({
    ...{ id: 'browser', visitor: VISITOR, endpoint: { provider: 'jpush', registrationId: 'r1' } },
    ...{ zone: 'Asia/Tokyo', seenAt: at(1) },
  });
  return stage;
}

const ids = (known: Awaited<ReturnType<typeof readRecipient>>) => known?.devices.map(({ id }) => id);

describe('devices', () => {
  it('registered under two names are one, so it is sent to once', async () => {
    const stage = await open();
    await stage.devices.putDevice({
      ...{ id: 'phone-installed-anew', persona: ANNE, endpoint: { provider: 'fcm', token: 't1' }, seenAt: at(1) },
    });
    expect(ids(await stage.known())).toEqual(['phone-installed-anew']);
    await stage.perform(stage.work());
    expect(stage.fcm.tried).toHaveLength(1);
  });

  it('of all personas and browsers are so many as one customer may have, those seen last', async () => {
    const stage = await withUser();
    for (let number = 0; number < DEVICES_MOST; number++)
      await stage.devices.putDevice({
        ...{ id: `old-${number}`, persona: USER, endpoint: { provider: 'fcm', token: `old-${number}` } },
        seenAt: at(-1 - number),
      });
    await stage.see(1, USER);
    const found = ids(await stage.known());
    expect([found?.length, found?.slice(0, 3)]).toEqual([DEVICES_MOST, ['browser', 'phone', 'old-0']]);
  });
});

describe('the device of an anonymous visitor', () => {
  it("is nobody's until it is proven whose, and then the customer's", async () => {
    const stage = await withUser();
    await stage.see(0);
    expect(ids(await stage.known())).toEqual(['phone']);
    await stage.see(1, USER);
    const known = await stage.known();
    expect(ids(known)).toEqual(['browser', 'phone']);
    expect(known?.recipient).toMatchObject({ profile: ANNE, zone: 'Asia/Tokyo' });
    await stage.perform(stage.work());
    expect([stage.jpush.taken.length, stage.fcm.taken.length]).toEqual([1, 1]);
  });

  it('goes when another signs in there', async () => {
    const stage = await withUser();
    await stage.see(1, USER);
    await stage.see(2, OTHER);
    expect(ids(await stage.known())).toEqual(['phone']);
  });

  it('goes when the user is parted from the customer, and comes back with them', async () => {
    const stage = await withUser();
    await stage.see(1, USER);
    const parted = { by: USER, at: '2026-11-20T08:00:00.000Z' };
    // The order is of nobody known any more: its phone was taken back.
    await updateCustomers(
      { entries: [{ ...bought(parted), revision: 2 }], personas: [] },
      stage.customers,
      testRules(stage.customers),
      { now: NOON, cause: 'merge' },
    );
    expect((await stage.known())?.recipient.aliases).not.toContain(USER);
    expect(ids(await stage.known())).toEqual(['phone']);
    expect(ids(await readRecipient(USER, stage.dependencies))).toEqual(['browser']);
  });

  it('is not asked about where nobody signed in', async () => {
    const stage = await open();
    const asked: string[] = [];
    const visitors = {
      ...stage.visitors,
      listVisitorsOf: async (persona: typeof USER) => {
        asked.push(persona);
        return [];
      },
    };
    await readRecipient(ANNE, { ...stage.dependencies, visitors });
    expect(asked).toEqual([]);
  });
});

describe('what was agreed to before it was known by whom', () => {
  // [what the customer said, and when; what the visitor said, and when; what stands]
  test.each<[string, Mark, Mark, boolean | undefined]>([
    ['given later than the customer refused', word('push', false, 1), word('push', true, 2), true],
    ['refused later than the customer agreed', word('push', true, 1), word('push', false, 2), false],
    ['given before the customer refused', word('push', false, 2), word('push', true, 1), false],
    ['refused at the very moment the customer agreed', word('push', true, 1), word('push', false, 1), false],
    ['given at the very moment the customer refused', word('push', false, 1), word('push', true, 1), false],
  ])('%s', async (_, customer, visitor, stands) => {
    const stage = await withUser();
    await stage.customers.putMark(ANNE, customer);
    await stage.visitorConsents.putConsent(VISITOR, visitor);
    await stage.see(1, USER);
    expect((await stage.known())?.recipient.consents.get('push')).toBe(stands);
  });

  it('counts for nobody while it is not known whose it is', async () => {
    const stage = await withUser();
    await stage.visitorConsents.putConsent(VISITOR, word('*', false, 5));
    await stage.see(0);
    expect((await stage.known())?.recipient.isSuppressed).toBe(false);
    await stage.see(1, USER);
    expect((await stage.known())?.recipient.isSuppressed).toBe(true);
    await stage.see(2, OTHER);
    expect((await stage.known())?.recipient.isSuppressed).toBe(false);
  });

  it('outlives the device on which it was said', async () => {
    const stage = await withUser();
    await stage.see(1, USER);
    await stage.visitorConsents.putConsent(VISITOR, word('*', false, 5));
    await stage.devices.removeDevice('browser');
    const work = stage.work();
    await stage.perform(work);
    expect(await stage.recordOf(work)).toMatchObject({ state: 'suppressed', reasons: ['suppression_list'] });
  });
});

describe('a contact on the suppression list', () => {
  const listed = { at: NOON, by: 'ann' };

  it.each([
    ['phone', PHONE],
    ['email', 'anne.novak@example.org'],
  ] as const)('keeps back whoever has that %s, until it is taken off', async (type, value) => {
    const stage = await open();
    await stage.suppressions.putContacts([{ type, value }], listed);
    const kept = stage.work('entered-1');
    await stage.perform(kept);
    expect(await stage.recordOf(kept)).toMatchObject({
      ...{ state: 'suppressed', reasons: ['suppression_list'] },
      basis: { isListed: true },
    });
    await stage.suppressions.removeContacts([{ type, value }]);
    const sent = stage.work('entered-2');
    await stage.perform(sent);
    expect(await stage.recordOf(sent)).toMatchObject({ state: 'sent' });
  });

  it('keeps back who comes with it later', async () => {
    const stage = await open();
    await stage.suppressions.putContacts([{ type: 'phone', value: '+8613987654321' }], listed);
    expect((await stage.known())?.recipient.isSuppressed).toBe(false);
    const late = { by: 'shopify/shop/late', at: '2026-11-24T08:00:00.000Z' };
    await stage.buy({ ...late, identifiers: { phone: '+8613987654321' } });
    expect((await readRecipient(personaId(late.by), stage.dependencies))?.recipient.isSuppressed).toBe(true);
    // Whoever joins a customer brings it along.
    await stage.buy({
      ...{ by: 'shopify/shop/late', at: '2026-11-25T03:00:00.000Z' },
      identifiers: { phone: '+8613987654321', email: 'anne.novak@example.org' },
    });
    expect((await stage.known())?.recipient).toMatchObject({ isSuppressed: true });
  });

  it('is stored so that nobody can read it, and found however it is written', async () => {
    const stage = await open();
    const read = readContact('phone', '139 1234 5678', 'CN');
    expect(read).toEqual({ kind: 'clear', value: PHONE });
    await stage.suppressions.putContacts([{ type: 'phone', value: PHONE }], listed);
    expect(stage.suppressions.stored()).not.toMatch(/139|1234|5678/);
    expect(contactKey({ type: 'phone', value: PHONE }, KEYS.guest)).not.toBe(
      contactKey({ type: 'phone', value: PHONE }, 'another key'),
    );
  });

  it("asks nothing of customers' contacts where there is no such list", async () => {
    const stage = await open();
    const customers = { ...stage.customers, getContent: () => Promise.reject(new Error('not to be read')) };
    expect(await readRecipient(ANNE, { ...stage.dependencies, customers })).toBeDefined();
  });
});

describe('consent that is taken back between the decision and the message', () => {
  it('stands: what was claimed, and put off by the provider, is not sent and does not count', async () => {
    const stage = await open();
    const work = stage.work();
    stage.fcm.next.push({ kind: 'later', code: 'http_503' });
    expect(await stage.perform(work)).toMatchObject({ kind: 'failed' });
    expect((await stage.logs.getLog(ANNE))?.sends).toHaveLength(1);
    stage.later(60_000);
    await stage.say('push', false);
    expect(await stage.perform({ ...work, attempts: 1 })).toMatchObject({ kind: 'done' });
    expect(await stage.recordOf(work)).toMatchObject({ state: 'suppressed', reasons: ['consent_refused'] });
    expect([stage.fcm.tried.length, (await stage.logs.getLog(ANNE))?.sends]).toEqual([1, []]);
  });

  it('is kept as it stood, with its source and wording, whatever is said later', async () => {
    const stage = await open();
    await stage.customers.putMark(ANNE, word('push', true, 0));
    const work = stage.work();
    await stage.perform(work);
    stage.later(60_000);
    await stage.say('push', false);
    expect((await stage.recordOf(work))?.basis).toEqual({
      tier: 'high_value',
      consents: [{ name: 'push', given: true, at: at(0), source: 'banner', wording: '2026-03' }],
    });
  });
});
