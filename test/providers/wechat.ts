/**
 * WeChat's access tokens and subscribe messages, as a model. A token that is forced makes the one before it worthless; a user must have
 * granted a message, where the model is told to want that; values are held against the page of limits, by code points.
 */
import { randomBytes } from 'node:crypto';
import { type Fault, Faults, jsonFault } from './faults.ts';
import { isObject, json, objectIn, type Received, type Reply, serveHttp } from './serve-http.ts';

const APP_ID = 'wx5b5a7c0fdemo0001';
const APP_SECRET = 'model-secret-of-the-mini-program';
const EARLY_MS = 5 * 60_000;

interface WechatTaken {
  readonly openId: string;
  readonly templateId: string;
  readonly page?: string;
  readonly values: Readonly<Record<string, string>>;
}

export interface WechatProvider {
  readonly url: string;
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly taken: readonly WechatTaken[];
  readonly faults: Faults;
  readonly tokenFaults: Faults;
  readonly calls: { send: number; token: number };
  tokenLifeSeconds: number;
  /** Not, or no more, willing to be written to. */
  refuse(openId: string): void;
  /** Of no user of this mini-program. */
  forget(openId: string): void;
  /** As somebody else does who forces a new token: the one before is not taken any more. */
  forceToken(): void;
  close(): Promise<void>;
}

/** An error of WeChat's own, as a fault: under HTTP 200. */
export const wechatFault = (errcode: number): Fault => jsonFault(200, { errcode, errmsg: 'As the model words it' });

const failed = (errcode: number): Reply => json(200, { errcode, errmsg: 'As the model words it rid: 0' });

export async function startWechat({
  port,
  nowMs = Date.now,
}: {
  port?: number;
  nowMs?: () => number;
} = {}): Promise<WechatProvider> {
  let current: { token: string; expiresAt: number } | undefined;
  const expired = new Set<string>();
  const [refusing, strangers] = [new Set<string>(), new Set<string>()];
  const taken: WechatTaken[] = [];
  const [faults, tokenFaults] = [new Faults(), new Faults()];
  const calls = { send: 0, token: 0 };
  const state = { tokenLifeSeconds: 7200 };

  function issue(): { token: string; expiresAt: number } {
    current = {
      token: `68_${randomBytes(48).toString('base64url')}`,
      expiresAt: nowMs() + state.tokenLifeSeconds * 1000,
    };
    return current;
  }

  function stableToken({ body }: Received): Reply {
    const { grant_type, appid, secret, force_refresh } = objectIn(body.toString('utf8')) ?? {};
    if (grant_type !== 'client_credential') return failed(40002);
    if (appid !== APP_ID) return failed(40013);
    if (secret !== APP_SECRET) return failed(40125);
    const isOld = !current || current.expiresAt - nowMs() < Math.min(EARLY_MS, state.tokenLifeSeconds * 250);
    const { token, expiresAt } = force_refresh === true || isOld ? issue() : (current ?? issue());
    return json(200, { access_token: token, expires_in: Math.floor((expiresAt - nowMs()) / 1000) });
  }

  function whyNotAuthorized(token: string | null): number | undefined {
    if (!token) return 41001;
    if (expired.has(token)) return 42001;
    if (token !== current?.token) return 40001;
    if (current.expiresAt > nowMs()) return undefined;
    expired.add(token);
    return 42001;
  }

  function send({ query, body }: Received): Reply {
    const errcode = whyNotAuthorized(query.get('access_token'));
    if (errcode !== undefined) return failed(errcode);
    const message = objectIn(body.toString('utf8'));
    if (!message || !isObject(message.data)) return failed(47001);
    const { touser, template_id, page, data } = message;
    if (typeof touser !== 'string' || strangers.has(touser)) return failed(40003);
    if (typeof template_id !== 'string' || template_id === '') return failed(40037);
    if (refusing.has(touser)) return failed(43101);
    const values = Object.entries(data).map(
      ([field, part]) => [field, isObject(part) ? part.value : undefined] as const,
    );
    if (values.length === 0 || !values.every(([field, value]) => fits(field, value))) return failed(47003);
    taken.push({
      openId: touser,
      templateId: template_id,
      ...(typeof page === 'string' && { page }),
      values: Object.fromEntries(values.map(([field, value]) => [field, String(value)])),
    });
    // Of 19 digits, as they come: more than a number holds.
    return { ...json(200, {}), body: `{"errcode":0,"errmsg":"ok","msgid":400000000000000${1000 + taken.length}}` };
  }

  const server = await serveHttp(
    {
      heard: ({ path }) => void calls[path === '/cgi-bin/stable_token' ? 'token' : 'send']++,
      faultsOf: ({ path }) => (path === '/cgi-bin/stable_token' ? tokenFaults : faults),
      answer(received) {
        if (received.method !== 'POST') return failed(43002);
        if (received.path === '/cgi-bin/stable_token') return stableToken(received);
        if (received.path === '/cgi-bin/message/subscribe/send') return send(received);
        return json(404, {});
      },
    },
    port,
  );
  return {
    url: server.url,
    credentials: { appId: APP_ID, appSecret: APP_SECRET, baseUrl: server.url },
    taken,
    faults,
    tokenFaults,
    calls,
    get tokenLifeSeconds() {
      return state.tokenLifeSeconds;
    },
    set tokenLifeSeconds(seconds) {
      state.tokenLifeSeconds = seconds;
    },
    refuse: (openId) => void refusing.add(openId),
    forget: (openId) => void strangers.add(openId),
    forceToken: () => void issue(),
    close: () => server.close(),
  };
}

/** By code points, each a character. */
const FORMS: Readonly<Record<string, RegExp>> = {
  thing: /^.{1,20}$/u,
  number: /^(?=.{1,32}$)\d+(\.\d+)?$/,
  letter: /^[A-Za-z]{1,32}$/,
  symbol: /^[^\p{L}\p{N}]{1,5}$/u,
  character_string: /^[^\p{Script=Han}]{1,32}$/u,
  time: /\d{1,2}:\d{2}/,
  date: /\d/,
  amount: /^\D?\d{1,10}(\.\d+)?元?$/u,
  phone_number: /^[\d\p{P}\p{S} ]{1,17}$/u,
  car_number: /^.{1,8}$/u,
  name: /^([^\p{Script=Han}]{1,20}|.{1,10})$/u,
  phrase: /^\p{Script=Han}{1,5}$/u,
};

function fits(field: string, value: unknown): boolean {
  const form = FORMS[field.replace(/\d+$/, '')];
  return typeof value === 'string' && value.trim() !== '' && (form === undefined || form.test(value));
}
