/**
 * Shopee's API v2 as far as the adapter calls it: signatures, tokens that live four hours and refresh tokens that are
 * used up by use, errors in its own shape. A record of an order is `{ order, escrow }` (see demo/shopee.ts), of a
 * return the answer itself.
 */
import { createHmac } from 'node:crypto';
import { type PlatformAnswer, type PlatformModel, type PlatformRequest, PlatformState } from './platform.ts';

const PARTNER_ID = '2001887';
const PARTNER_KEY = 'shpk_test_partner_key_of_the_api';
/** A timestamp is good for five minutes. */
const TIMESTAMP_LIFE_S = 300;

export interface ShopeeOptions {
  /** The shop's id, digits. */
  readonly shop: string;
}

export function createShopeePlatform({ shop }: ShopeeOptions): PlatformModel {
  const state = new PlatformState();
  let made = 0;
  const accessTokens = new Map<string, number>();
  let refreshToken = 'refresh-0';

  /** Whether the request's `sign` is that of these parts, read from the query alone. */
  const isSigned = ({ query }: PlatformRequest, base: string): boolean =>
    query.get('sign') === createHmac('sha256', PARTNER_KEY).update(base).digest('hex');

  function answer(request: PlatformRequest, nowMs: number): PlatformAnswer {
    const { path, query } = request;
    const what = whatIsAsked(request);
    state.count(what);
    if (state.behaviour.failing !== undefined) {
      const { failing } = state.behaviour;
      if (failing === 429) return error('error_rate_limit', 'Too many requests.', failing);
      return failing >= 500
        ? { status: failing, headers: { 'content-type': 'text/html' }, body: '<html>upstream error</html>' }
        : error('error_server', 'System error. Please try again later.', failing);
    }
    if (!state.allow(nowMs)) return error('error_rate_limit', 'Too many requests. You have reached the rate limit.');

    const timestamp = query.get('timestamp') ?? '';
    if (query.get('partner_id') !== PARTNER_ID) return error('error_auth', 'partner_id is invalid', 403);
    if (Math.abs(nowMs / 1000 - Number(timestamp)) > TIMESTAMP_LIFE_S)
      return error('error_param', 'Timestamp is expired');
    const base = `${PARTNER_ID}${path}${timestamp}`;
    if (path === '/api/v2/auth/access_token/get') {
      return isSigned(request, base) ? giveTokens(request, nowMs) : error('error_sign', 'Wrong sign.', 403);
    }

    const accessToken = query.get('access_token') ?? '';
    if (!isSigned(request, `${base}${accessToken}${query.get('shop_id')}`))
      return error('error_sign', 'Wrong sign.', 403);
    // As misspelt as there.
    if (nowMs >= (accessTokens.get(accessToken) ?? 0)) {
      return error('invalid_acceess_token', 'Invalid access_token.', 403);
    }
    if (query.get('shop_id') !== shop) return error('error_permission', "Sorry you don't have the permission");
    return request.method === 'GET' ? read(what, path, nowMs) : error('error_param', 'Wrong parameters.');
  }

  function giveTokens({ method, body }: PlatformRequest, nowMs: number): PlatformAnswer {
    const asked: unknown = JSON.parse(body);
    const given = typeof asked === 'object' && asked !== null ? new Map(Object.entries(asked)) : new Map();
    const isOurs = String(given.get('partner_id')) === PARTNER_ID && String(given.get('shop_id')) === shop;
    if (method !== 'POST' || !isOurs) return error('error_param', 'Wrong parameters.');
    if (given.get('refresh_token') !== refreshToken) return error('error_auth', 'Invalid refresh_token.', 403);
    made++;
    refreshToken = `refresh-${made}`;
    const { tokenLifeMs } = state.behaviour;
    accessTokens.set(`access-${made}`, nowMs + tokenLifeMs);
    return {
      status: 200,
      body:
        `{"error":"","message":"","request_id":"r","partner_id":${PARTNER_ID},"shop_id":${shop},` +
        `"access_token":"access-${made}","refresh_token":"${refreshToken}","expire_in":${Math.floor(tokenLifeMs / 1000)}}`,
    };
  }

  function read(what: string, path: string, nowMs: number): PlatformAnswer {
    // An escrow is part of its order's record.
    const found = state.find(what.replace(/^escrow\//, 'order/'), nowMs);
    if (found === 'forbidden') return error('error_permission', "Sorry you don't have the permission");
    if (found === 'not_found') return error('error_not_found', 'Wrong parameters, detail: the order is not found.');
    if (path === '/api/v2/returns/get_return_detail') return success(found.json);
    // Cut out, not parsed: ids in it may be longer than a double holds.
    const escrow = /,"escrow":(?<escrow>.*)\}$/s.exec(found.json)?.groups?.escrow ?? 'null';
    if (path === '/api/v2/order/get_order_detail') {
      const order = found.json.slice('{"order":'.length, found.json.length - `,"escrow":${escrow}}`.length);
      return success(`{"order_list":[${order}]}`);
    }
    return escrow === 'null'
      ? error('error_not_found', 'Wrong parameters, detail: the order has no escrow.')
      : success(escrow);
  }

  const credentials = () => ({
    partner_id: PARTNER_ID,
    partner_key: PARTNER_KEY,
    shop_id: shop,
    refresh_token: refreshToken,
  });
  return {
    channel: 'shopee',
    credentials: credentials(),
    authorise() {
      made++;
      refreshToken = `authorised-${made}`;
      return credentials();
    },
    behaviour: state.behaviour,
    calls: state.calls,
    put: (record, nowMs) => state.put(record, nowMs),
    withhold: (subject, how) => state.withhold(subject, how),
    revokeTokens: () => accessTokens.clear(),
    answer,
  };
}

function whatIsAsked({ path, query }: PlatformRequest): string {
  if (path === '/api/v2/order/get_order_detail') return `order/${query.get('order_sn_list')}`;
  if (path === '/api/v2/payment/get_escrow_detail') return `escrow/${query.get('order_sn')}`;
  if (path === '/api/v2/returns/get_return_detail') return `refund/${query.get('return_sn')}`;
  return path === '/api/v2/auth/access_token/get' ? 'token' : path;
}

const success = (response: string): PlatformAnswer => ({
  status: 200,
  body: `{"error":"","message":"","request_id":"r","response":${response}}`,
});

/** Some errors come with 403, most with 200. */
const error = (code: string, message: string, status = 200): PlatformAnswer => ({
  status,
  body: JSON.stringify({ error: code, message, request_id: 'r' }),
});
