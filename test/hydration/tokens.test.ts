/** Tokens: had once for all, renewed in time, stored at once, and never by two at a time. */
import { beforeEach, describe, expect, it } from 'vitest';
import { ConnectionId, type StoredTokens } from '../../shared/connections/connection.ts';
import { HOUR, MINUTE, openStage, SECOND, type Stage } from './stage.ts';

const id = ConnectionId.parse('shop');
const TOKEN_LIFE = 4 * HOUR;

/** Shopee's refresh token is used up by its use, so nothing about it can go wrong unseen. */
describe('tokens that are rotated', () => {
  let stage: Stage;
  let orders: number;
  beforeEach(async () => {
    stage = await openStage({ channel: 'shopee' });
    orders = 0;
  });

  async function hearOrders(count: number): Promise<string[]> {
    const states = Array.from({ length: count }, () => stage.change({ orderId: `ORDER${++orders}`, paid: true }));
    await stage.hear(states);
    return states.map(({ orderId }) => orderId);
  }
  /** Each is known as paid within a few seconds, or (the platform let us wait) given minutes. */
  async function expectFetched(orderIds: readonly string[], withinMs = 5 * SECOND): Promise<void> {
    await stage.play(withinMs);
    expect(orderIds.map((orderId) => stage.order(orderId)?.payment)).toEqual(orderIds.map(() => 'paid'));
  }
  const tokenCalls = () => stage.callsOf('token');
  const stored = () => stage.stores.secrets.getTokens(id);
  const failures = () => stage.measured.filter(({ metric }) => metric === 'fetchFailed').map(({ reason }) => reason);

  it('are had once for all calls under way, and stored before the first is used', async () => {
    const atFirstUse: Promise<StoredTokens | undefined>[] = [];
    stage.network.intercept = ({ path }) => {
      if (path.endsWith('get_order_detail')) atFirstUse.push(stored());
      return undefined;
    };
    await expectFetched(await hearOrders(6));
    expect(tokenCalls()).toBe(1);
    expect(await atFirstUse[0]).toMatchObject({ accessToken: 'access-1', refreshToken: 'refresh-1', of: 1 });
    expect((await stage.lane()).health).toMatchObject({
      tokensExpireAt: (await stored())?.expiresAt,
      authorisationExpiresAt: (await stored())?.refreshExpiresAt,
    });
  });

  it('are renewed before they expire, and not long before', async () => {
    await expectFetched(await hearOrders(1));
    await stage.play(TOKEN_LIFE - 10 * MINUTE);
    await expectFetched(await hearOrders(2));
    expect(tokenCalls()).toBe(1);
    await stage.play(6 * MINUTE);
    await expectFetched(await hearOrders(3));
    expect(tokenCalls()).toBe(2);
    expect(failures()).toEqual([]);
    expect(await stored()).toMatchObject({ accessToken: 'access-2', refreshToken: 'refresh-2' });
  });

  it('that live for minutes only are renewed when a fifth is left', async () => {
    stage.platform.behaviour.tokenLifeMs = 5 * MINUTE;
    await expectFetched(await hearOrders(1));
    await stage.play(3 * MINUTE);
    await expectFetched(await hearOrders(1));
    expect(tokenCalls()).toBe(1);
    await stage.play(MINUTE);
    await expectFetched(await hearOrders(1));
    expect(tokenCalls()).toBe(2);
    expect(failures()).toEqual([]);
  });

  it('survive the function: a new one goes on with the last', async () => {
    await expectFetched(await hearOrders(1));
    for (let renewals = 2; renewals <= 4; renewals++) {
      stage.restart();
      await stage.play(TOKEN_LIFE);
      await expectFetched(await hearOrders(2));
      expect(tokenCalls()).toBe(renewals);
    }
    expect(failures()).toEqual([]);
  });

  it('that the platform took back are renewed once, and the fetch succeeds', async () => {
    await expectFetched(await hearOrders(1));
    stage.platform.revokeTokens();
    await expectFetched(await hearOrders(3));
    expect(tokenCalls()).toBe(2);
    expect(failures()).toEqual([]);
  });

  it('are not renewed again by a refusal of the old ones that comes late', async () => {
    await expectFetched(await hearOrders(1));
    stage.platform.revokeTokens();
    const refused = '{"error":"invalid_acceess_token","message":"","request_id":"r"}';
    let late = 1;
    stage.network.intercept = ({ address }) => {
      if (!address.includes('order_sn_list=ORDER3') || late-- <= 0) return undefined;
      return stage.time.sleep(2 * SECOND).then(() => new Response(refused, { status: 403 }));
    };
    await expectFetched(await hearOrders(2), 10 * SECOND);
    expect(tokenCalls()).toBe(2);
  });

  it('that cannot be stored at first are stored later, and used meanwhile', async () => {
    let refusals = 4;
    stage.secrets.of = {
      ...stage.stores.secrets,
      async putTokens(of, tokens) {
        if (refusals-- > 0) throw new Error('throttled');
        await stage.stores.secrets.putTokens(of, tokens);
      },
    };
    await expectFetched(await hearOrders(4), 10 * SECOND);
    expect(tokenCalls()).toBe(1);
    expect(await stored()).toMatchObject({ accessToken: 'access-1', refreshToken: 'refresh-1' });
    stage.restart();
    await stage.play(TOKEN_LIFE);
    await expectFetched(await hearOrders(1));
  });

  it('that the store does not show yet are waited for', async () => {
    await expectFetched(await hearOrders(1));
    await stage.play(TOKEN_LIFE);
    const old = await stored();
    await expectFetched(await hearOrders(1));
    expect(tokenCalls()).toBe(2);
    let reads = 0;
    stage.secrets.of = {
      ...stage.stores.secrets,
      getTokens: async (of) => (++reads < 3 ? old : stage.stores.secrets.getTokens(of)),
    };
    await expectFetched(await hearOrders(1));
    expect(tokenCalls()).toBe(2);
    expect(failures()).toEqual([]);
  });

  it('are had by one holder at a time: of two wakes one runs, the other leaves a nudge', async () => {
    await expectFetched(await hearOrders(1));
    await stage.play(TOKEN_LIFE);
    const before = stage.calls.length;
    await hearOrders(3);
    await stage.play(1_500);
    stage.network.latencyMs = 500;
    await stage.play(500);
    const both = [stage.wakeNow(), stage.wakeNow(), stage.wakeNow()];
    await stage.play(100);
    const { holder, nudged } = await stage.lane();
    expect(holder).toBeDefined();
    expect(nudged).toBe(true);
    await stage.play(10 * SECOND);
    expect(await Promise.all(both)).toEqual(Array(3).fill({ batchItemFailures: [] }));
    expect(tokenCalls()).toBe(2);
    // A token, and three orders of two calls.
    expect(stage.calls.length - before).toBe(7);
    expect(failures()).toEqual([]);
  });

  describe('that are of no use any more', () => {
    beforeEach(async () => {
      await expectFetched(await hearOrders(1));
      // A person authorised elsewhere: what we have is void.
      stage.platform.authorise?.();
      stage.platform.revokeTokens();
    });

    it('let the work wait, and the lane say so', async () => {
      const orderIds = await hearOrders(3);
      await stage.play(HOUR);
      expect((await stage.lane()).health.lastFailure?.code).toBe('authorisation_refused');
      expect((await stage.lane()).notBefore).toBeGreaterThan(stage.time.nowMs());
      expect(stage.waiting().map(({ subject }) => subject)).toEqual(orderIds.map((orderId) => `order/${orderId}`));
      expect(await stage.quarantined()).toEqual([]);
    });

    it('are had anew with new credentials, and the lane opens again', async () => {
      const orderIds = await hearOrders(3);
      await stage.play(HOUR);
      const outcome = await stage.connectShop('shop', { credentials: stage.platform.authorise?.() });
      expect(outcome).toMatchObject({ kind: 'connected', changed: ['credentials'] });
      await expectFetched(orderIds, 2 * MINUTE);
      expect(await stored()).toMatchObject({ of: 2 });
      expect((await stage.lane()).failures).toBe(0);
    });

    it('the same credentials again are no change, but what waits is tried at once', async () => {
      await hearOrders(1);
      await stage.play(HOUR);
      const before = await stage.lane();
      const outcome = await stage.connectShop('shop', { credentials: stage.platform.credentials });
      expect(outcome).toMatchObject({ kind: 'connected', changed: [] });
      expect(await stage.lane()).toMatchObject({ notBefore: 0, failures: 0, health: before.health });
    });
  });
});

describe('Square', () => {
  it('starts with the token that a person gave, and renews it when it is no longer taken', async () => {
    const stage = await openStage({ channel: 'square' });
    await stage.hear([stage.change({ orderId: 'ORDER1', paid: true })]);
    await stage.play(5 * SECOND);
    expect(stage.callsOf('token')).toBe(0);
    stage.platform.revokeTokens();
    await stage.hear(['ORDER2', 'ORDER3', 'ORDER4'].map((orderId) => stage.change({ orderId, paid: true })));
    await stage.play(5 * SECOND);
    expect(stage.callsOf('token')).toBe(1);
    expect(stage.order('ORDER4')?.status).toBe('completed');
    expect(stage.measured.filter(({ metric }) => metric === 'fetchFailed')).toEqual([]);
  });
});

describe('without credentials', () => {
  it('work waits, the lane says why, and all is fetched once they are given', async () => {
    const stage = await openStage({ channel: 'square', noCredentials: true });
    const states = [1, 2, 3].map((number) => stage.change({ orderId: `ORDER${number}`, paid: true }));
    await stage.hear(states);
    await stage.play(24 * HOUR);
    expect(stage.calls).toEqual([]);
    expect(stage.waiting()).toHaveLength(3);
    expect(await stage.quarantined()).toEqual([]);
    expect((await stage.lane()).health.lastFailure?.code).toBe('credentials_missing');
    // Looked at a few times an hour, no more.
    expect(stage.operations.get('putLane')).toBeLessThan(24 * 6 * 3);
    await stage.connectShop('shop', { credentials: stage.platform.credentials });
    await stage.play(2 * MINUTE);
    expect(states.map(({ orderId }) => stage.order(orderId)?.status)).toEqual(Array(3).fill('completed'));
  });

  it('and with a secret that is none: not an order is given up for that', async () => {
    const stage = await openStage({ channel: 'douyin' });
    await stage.connectShop('shop', { credentials: { ...stage.platform.credentials, app_secret: 'mistyped' } });
    const states = [1, 2, 3].map((digit) => stage.change({ orderId: `693640000000006553${digit}`, paid: true }));
    await stage.hear(states);
    await stage.play(HOUR);
    expect(await stage.quarantined()).toEqual([]);
    expect(stage.waiting()).toHaveLength(3);
    await stage.connectShop('shop', { credentials: stage.platform.credentials });
    await stage.play(2 * MINUTE);
    expect(states.map(({ orderId }) => stage.order(orderId)?.payment)).toEqual(Array(3).fill('paid'));
  });

  it('and with wrong ones: likewise', async () => {
    const stage = await openStage({ channel: 'square', noCredentials: true });
    await stage.stores.secrets.putCredentials(id, { merchant_id: 'MLNORTH' });
    await stage.hear([stage.change({ orderId: 'ORDER1' })]);
    await stage.play(HOUR);
    expect(stage.calls).toEqual([]);
    expect((await stage.lane()).health.lastFailure?.code).toBe('credentials_wrong');
    expect(stage.waiting()).toHaveLength(1);
  });
});
