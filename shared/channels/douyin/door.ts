/**
 * Douyin shop (抖店, Doudian), message push (消息推送).
 *
 * Signature: `event-sign` = lowercase hex MD5 of app key + raw body + app secret, in UTF-8 without separators; `app-id` is
 *   the app key. No time, no nonce, no URL is signed. `sign-method` names the digest; see SIGN_METHODS.
 * Body: a JSON array of `{ tag, msg_id, data }`, `data` again JSON as a string; the documentation also shows one message
 *   as an object, with `msgId` and an object as `data`. All of a request are taken or failed together.
 * Thin: a message has ids, a status and a time. The order is fetched (order.orderDetail), so is the refund
 *   (afterSale.Detail); see api.ts.
 * Version of an order and of a refund: its `update_time`, in steps of a second. Messages have none, only the time of what
 *   they tell of. 101 (paid) may come before 100 (placed), 101 and 110 come together.
 * Money: whole fen (1/100 yuan), always CNY.   Time: seconds since 1970, 0 for "not yet"; text has no offset and is UTC+8.
 * Ids: 19 digits, as numbers in `data` and in parts of the answers: above 2^53.
 * Handshake: when the address is saved, one message of tag "0", signed like any other; success is the answer.
 * Reply: 200 `{"code":0,"msg":"success"}` within a few seconds. Redelivery: several times over hours; `msg_id` stays.
 *   What is missed beyond that is lost.
 * Source: zsmhub/doudian-sdk (message/doudian_message.go, doudian_sign.go, the Go SDK made from the platform's own pages),
 *   minibear2021/doudian (core.py), fudiwei/DotNetCore.SKIT.FlurlHttpClient.ByteDance; op.jinritemai.com/docs/guide-docs/153/99
 *   is the platform's page that they name. Read 2026-11-25.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Door, HttpRequest, HttpResponse } from '../adapter.ts';
import { type SignatureScheme, verifySignature } from '../signature.ts';

const SIGNATURE_HEADER = 'event-sign';
const APP_HEADER = 'app-id';
const METHOD_HEADER = 'sign-method';

/** The app key has no colon, so the first one divides; the app secret is all after it. */
const SECRET_FORM = /^([0-9A-Za-z_-]{1,64}):([\x21-\x7e]{1,256})$/;

interface AppSecret {
  readonly appKey: string;
  readonly appSecret: string;
}

function parseSecret(secret: string): AppSecret | undefined {
  const [, appKey, appSecret] = SECRET_FORM.exec(secret) ?? [];
  return appKey === undefined || appSecret === undefined ? undefined : { appKey, appSecret };
}

type Digest = (app: AppSecret, body: Uint8Array) => Buffer;

interface SignMethod {
  readonly digest: Digest;
  readonly scheme: SignatureScheme;
}

/** What a request is compared with if it cannot be right: as long as a digest, and nobody knows it. */
const IMPOSSIBLE = randomBytes(32);

function signMethod(bytes: number, says: string, digest: Digest): SignMethod {
  const scheme: SignatureScheme = {
    header: SIGNATURE_HEADER,
    encoding: 'hex',
    bytes,
    says: `${says}, and ${APP_HEADER} to be that app key`,
    digest({ headers, body }, secret) {
      const app = parseSecret(secret);
      // Digested in any case, so that the time taken does not tell a secret of the wrong form, or of another app, from a wrong one.
      const made = digest(app ?? formless(secret), body);
      return app && headers[APP_HEADER] === app.appKey ? made : IMPOSSIBLE.subarray(0, bytes);
    },
  };
  return { digest, scheme };
}

const formless = (secret: string): AppSecret => ({ appKey: '', appSecret: secret });

const MD5 = signMethod(16, 'MD5 over app key, raw body and app secret', ({ appKey, appSecret }, body) =>
  createHash('md5').update(appKey).update(body).update(appSecret).digest(),
);

/**
 * By `sign-method`; without one it is MD5, which all SDKs know. `hmac-sha256` is an assumption: the platform uses this name
 * for its API and its SPI, and one public program checks pushes so (key: the app secret; text: the same as for MD5). Were
 * it wrong, such pushes would be refused, never wrongly taken.
 */
const SIGN_METHODS: ReadonlyMap<string, SignMethod> = new Map([
  ['md5', MD5],
  [
    'hmac-sha256',
    signMethod(
      32,
      'HMAC-SHA256 over app key, raw body and app secret, keyed with the app secret',
      ({ appKey, appSecret }, body) =>
        createHmac('sha256', appSecret).update(appKey).update(body).update(appSecret).digest(),
    ),
  ],
]);

/** An unknown method is tried as MD5; if that does not match, the refusal says what would have. */
const methodOf = ({ headers }: HttpRequest): SignMethod =>
  SIGN_METHODS.get(headers[METHOD_HEADER]?.toLowerCase() ?? '') ?? MD5;

const json = (status: number, body: unknown): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

const success = () => json(200, { code: 0, msg: 'success' });

export const douyinDoor: Door = {
  channel: 'douyin',
  category: 'live',
  keptHeaders: [APP_HEADER, METHOD_HEADER],
  verify: (request, secrets) => verifySignature(methodOf(request).scheme, request, secrets),
  secretForm: { pattern: SECRET_FORM, says: 'the app key, a colon and the app secret' },
  sign(request, secret) {
    const app = parseSecret(secret) ?? formless(secret);
    const signature = methodOf(request).digest(app, request.body).toString('hex');
    return { ...request, headers: { ...request.headers, [APP_HEADER]: app.appKey, [SIGNATURE_HEADER]: signature } };
  },
  handshake: (request) => (isAddressCheck(request.body) ? success() : undefined),
  acknowledge: success,
  refuse: () => json(401, { code: 1, msg: 'signature not accepted' }),
};

/** One message of tag 0, whose data is a time: a few dozen bytes. */
const ADDRESS_CHECK_MAX_BYTES = 1_000;

function isAddressCheck(body: Uint8Array): boolean {
  if (body.length > ADDRESS_CHECK_MAX_BYTES) return false;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
    const messages: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
    const [only] = messages;
    if (messages.length !== 1 || typeof only !== 'object' || only === null || !('tag' in only)) return false;
    return only.tag === '0' || only.tag === 0;
  } catch {
    return false;
  }
}
