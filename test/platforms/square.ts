/** Square's API as a model: records by id, bearer tokens that expire, a refresh token that stays. */
import type { PlatformRecord } from '../../demo/delivery.ts';
import { type PlatformAnswer, type PlatformModel, type PlatformRequest, PlatformState } from './platform.ts';

const APP = { client_id: 'sq0idp-model-application', client_secret: 'sq0csp-model-secret' };
const REFRESH_TOKEN = 'EQAA-model-refresh';
const FIRST_ACCESS_TOKEN = 'EAAA-model-access-0';

/** `/v2/orders/ID` → the record `order/ID`, answered as `{"order": …}`. */
const COLLECTIONS: Readonly<Record<string, string>> = { orders: 'order', payments: 'payment', refunds: 'refund' };

export function createSquarePlatform({ shop }: { readonly shop: string }): PlatformModel {
  const state = new PlatformState();
  /** When each access token that is still accepted was given out; the first one's life begins with its first use. */
  const givenOutAtMs = new Map<string, number | undefined>([[FIRST_ACCESS_TOKEN, undefined]]);
  let tokens = 0;

  function renew({ headers, body }: PlatformRequest, nowMs: number): PlatformAnswer {
    state.count('token');
    if (!headers['content-type']?.startsWith('application/json')) return refusal(415, 'UNSUPPORTED_MEDIA_TYPE');
    const given = fields(body);
    if (given.grant_type !== 'refresh_token') return refusal(400, 'BAD_REQUEST');
    const { client_id, client_secret, refresh_token } = given;
    const known = client_id === APP.client_id && client_secret === APP.client_secret && refresh_token === REFRESH_TOKEN;
    if (!known) return refusal(401, 'UNAUTHORIZED');
    const accessToken = `EAAA-model-access-${++tokens}`;
    givenOutAtMs.set(accessToken, nowMs);
    return success({
      access_token: accessToken,
      token_type: 'bearer',
      // Square writes whole seconds.
      expires_at: `${new Date(nowMs + state.behaviour.tokenLifeMs).toISOString().slice(0, 19)}Z`,
      merchant_id: shop,
      refresh_token: REFRESH_TOKEN,
      short_lived: false,
    });
  }

  function whyNotAuthorized({ headers }: PlatformRequest, nowMs: number): PlatformAnswer | undefined {
    const token = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1];
    if (token === undefined || !givenOutAtMs.has(token)) return refusal(401, 'UNAUTHORIZED');
    const sinceMs = givenOutAtMs.get(token) ?? nowMs;
    givenOutAtMs.set(token, sinceMs);
    return nowMs >= sinceMs + state.behaviour.tokenLifeMs ? refusal(401, 'ACCESS_TOKEN_EXPIRED') : undefined;
  }

  function retrieve(request: PlatformRequest, kind: string, id: string, nowMs: number): PlatformAnswer {
    const subject = `${kind}/${id}`;
    state.count(subject);
    const refused = whyNotAuthorized(request, nowMs);
    if (refused) return refused;
    if (!/^\d{4}-\d\d-\d\d$/.test(request.headers['square-version'] ?? ''))
      return refusal(400, 'INVALID_SQUARE_VERSION');
    const found = state.find(subject, nowMs);
    if (found === 'not_found') return refusal(404, 'NOT_FOUND');
    if (found === 'forbidden') return refusal(403, 'INSUFFICIENT_SCOPES');
    return { status: 200, body: `{${JSON.stringify(kind)}:${found.json}}` };
  }

  return {
    channel: 'square',
    credentials: { merchant_id: shop, ...APP, access_token: FIRST_ACCESS_TOKEN, refresh_token: REFRESH_TOKEN },
    behaviour: state.behaviour,
    calls: state.calls,
    put: (record: PlatformRecord, nowMs: number) => state.put(record, nowMs),
    withhold: (subject, how) => state.withhold(subject, how),
    revokeTokens: () => givenOutAtMs.clear(),
    answer(request, nowMs) {
      const { failing } = state.behaviour;
      const [, version, collection = '', id = ''] = request.path.split('/');
      const kind = version === 'v2' ? COLLECTIONS[collection] : undefined;
      const isToken = request.method === 'POST' && request.path === '/oauth2/token';
      const isRecord = request.method === 'GET' && kind !== undefined && id !== '';
      // Refused calls count, too.
      const refuse = (answer: PlatformAnswer) => {
        if (isToken) state.count('token');
        if (isRecord) state.count(`${kind}/${id}`);
        return answer;
      };
      if (failing !== undefined) return refuse(refusal(failing, 'INTERNAL_SERVER_ERROR'));
      if (!state.allow(nowMs)) return refuse(refusal(429, 'RATE_LIMITED'));
      if (isToken) return renew(request, nowMs);
      if (isRecord) return retrieve(request, kind, decodeURIComponent(id), nowMs);
      return refusal(404, 'NOT_FOUND');
    },
  };
}

function fields(body: string): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
  } catch {
    return {};
  }
}

const success = (body: unknown): PlatformAnswer => ({ status: 200, body: JSON.stringify(body) });

const CATEGORIES: Readonly<Record<number, string>> = {
  401: 'AUTHENTICATION_ERROR',
  403: 'AUTHENTICATION_ERROR',
  429: 'RATE_LIMIT_ERROR',
};

function refusal(status: number, code: string): PlatformAnswer {
  const category = CATEGORIES[status] ?? (status >= 500 ? 'API_ERROR' : 'INVALID_REQUEST_ERROR');
  return { status, body: JSON.stringify({ errors: [{ category, code, detail: 'As the model words it.' }] }) };
}
