/**
 * Firebase Cloud Messaging (HTTP v1) and Google's token endpoint, as a model: assertions are verified, tokens expire, messages are measured
 * by the words of the documents (keys and values count) and remembered.
 */
import { generateKeyPairSync, type KeyPairKeyObjectResult, randomBytes } from 'node:crypto';
import { type Fault, Faults, jsonFault } from './faults.ts';
import { verifiedJwt } from './jwt.ts';
import { isObject, json, objectIn, type Received, type Reply, serveHttp } from './serve-http.ts';

const PROJECT = 'tributary-demo';
const ACCOUNT = `push@${PROJECT}.iam.gserviceaccount.com`;
const KEY_ID = 'f0c1d2e3a4b5';
const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging';
const GRANT = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const MOST_BYTES = 4096;

interface FcmTaken {
  readonly token: string;
  readonly message: Readonly<Record<string, unknown>>;
}

export interface FcmProvider {
  readonly url: string;
  /** For `readCredentials('fcm', …)`, as JSON: a key of this run, which opens nothing else. */
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly taken: readonly FcmTaken[];
  readonly faults: Faults;
  readonly tokenFaults: Faults;
  /** How often each was asked, refused or not. */
  readonly calls: { send: number; token: number };
  /** Seconds that a token lives. */
  tokenLifeSeconds: number;
  unregister(token: string): void;
  /** A device of another project. */
  disown(token: string): void;
  /** None of the tokens that were given out is taken any more. */
  revokeTokens(): void;
  close(): Promise<void>;
}

/** An error of FCM's own, as a fault. */
export const fcmFault = (
  status: number,
  errorCode: string,
  { rpc = errorCode, field, headers = {} }: { rpc?: string; field?: string; headers?: Record<string, string> } = {},
): Fault => jsonFault(status, fcmError(status, errorCode, rpc, field), headers);

const fcmError = (status: number, errorCode: string, rpc: string, field?: string) => ({
  error: {
    code: status,
    message: 'As the model words it.',
    status: rpc,
    details: [
      ...(field === undefined
        ? []
        : [
            {
              '@type': 'type.googleapis.com/google.rpc.BadRequest',
              fieldViolations: [{ field, description: 'Invalid' }],
            },
          ]),
      { '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode },
    ],
  },
});

const refusal = (status: number, errorCode: string, rpc = errorCode, field?: string): Reply =>
  json(status, fcmError(status, errorCode, rpc, field));

export async function startFcm({
  port,
  nowMs = Date.now,
}: {
  port?: number;
  nowMs?: () => number;
} = {}): Promise<FcmProvider> {
  const { publicKey, privateKey } = accountKey();
  const expiryOf = new Map<string, number>();
  const [unregistered, foreign] = [new Set<string>(), new Set<string>()];
  const taken: FcmTaken[] = [];
  const [faults, tokenFaults] = [new Faults(), new Faults()];
  const calls = { send: 0, token: 0 };
  const state = { tokenLifeSeconds: 3600, tokenUri: '' };

  function grant({ headers, body }: Received): Reply {
    if (!headers['content-type']?.startsWith('application/x-www-form-urlencoded'))
      return json(400, { error: 'invalid_request' });
    const form = new URLSearchParams(body.toString('utf8'));
    if (form.get('grant_type') !== GRANT) return json(400, { error: 'unsupported_grant_type' });
    const jwt = verifiedJwt(form.get('assertion') ?? '', publicKey, 'RS256');
    const nowSeconds = nowMs() / 1000;
    const { iss, aud, scope, iat, exp } = jwt?.claims ?? {};
    const isRight =
      jwt?.header.kid === KEY_ID &&
      iss === ACCOUNT &&
      aud === state.tokenUri &&
      scope === SCOPE &&
      typeof iat === 'number' &&
      typeof exp === 'number' &&
      iat <= nowSeconds + 60 &&
      exp > nowSeconds &&
      exp - iat <= 3600;
    if (!isRight) return json(400, { error: 'invalid_grant', error_description: 'Invalid JWT.' });
    const token = `ya29.${randomBytes(24).toString('base64url')}`;
    expiryOf.set(token, nowMs() + state.tokenLifeSeconds * 1000);
    return json(200, { access_token: token, expires_in: state.tokenLifeSeconds, token_type: 'Bearer' });
  }

  function send({ headers, body }: Received): Reply {
    const bearer = /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
    if ((expiryOf.get(bearer) ?? 0) <= nowMs())
      return json(401, { error: { code: 401, status: 'UNAUTHENTICATED', message: 'Invalid credentials.' } });
    const message = objectIn(body.toString('utf8'))?.message;
    if (!isObject(message)) return refusal(400, 'INVALID_ARGUMENT');
    const { token, ...rest } = message;
    if (typeof token !== 'string' || !/^[A-Za-z0-9:_-]{10,}$/.test(token))
      return refusal(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'message.token');
    if (!isObject(rest.data) || !isDataRight(rest.data))
      return refusal(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'message.data');
    if (!isTtlRight(rest.android)) return refusal(400, 'INVALID_ARGUMENT', 'INVALID_ARGUMENT', 'message.android.ttl');
    if (weightOf(rest) > MOST_BYTES) return refusal(400, 'INVALID_ARGUMENT');
    if (unregistered.has(token)) return refusal(404, 'UNREGISTERED', 'NOT_FOUND');
    if (foreign.has(token)) return refusal(403, 'SENDER_ID_MISMATCH', 'PERMISSION_DENIED');
    taken.push({ token, message: rest });
    return json(200, { name: `projects/${PROJECT}/messages/0:${nowMs()}%${randomBytes(6).toString('hex')}` });
  }

  const server = await serveHttp(
    {
      heard: ({ path }) => void calls[path === '/token' ? 'token' : 'send']++,
      faultsOf: ({ path }) => (path === '/token' ? tokenFaults : faults),
      answer(received) {
        if (received.method !== 'POST') return json(405, {});
        if (received.path === '/token') return grant(received);
        if (received.path === `/v1/projects/${PROJECT}/messages:send`) return send(received);
        return json(404, { error: { code: 404, status: 'NOT_FOUND', message: 'Requested entity was not found.' } });
      },
    },
    port,
  );
  state.tokenUri = `${server.url}/token`;
  return {
    url: server.url,
    credentials: {
      type: 'service_account',
      project_id: PROJECT,
      private_key_id: KEY_ID,
      private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
      client_email: ACCOUNT,
      token_uri: state.tokenUri,
      baseUrl: server.url,
    },
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
    unregister: (token) => void unregistered.add(token),
    disown: (token) => void foreign.add(token),
    revokeTokens: () => expiryOf.clear(),
    close: () => server.close(),
  };
}

/** One for a process, as it takes a third of a second to make. */
let madeKey: KeyPairKeyObjectResult | undefined;
function accountKey(): KeyPairKeyObjectResult {
  madeKey ??= generateKeyPairSync('rsa', { modulusLength: 2048 });
  return madeKey;
}

/** "This includes both the keys and the values." */
function weightOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (!isObject(value)) return String(value).length;
  return Object.entries(value).reduce((sum, [name, part]) => sum + Buffer.byteLength(name) + weightOf(part), 0);
}

const isDataRight = (data: Record<string, unknown>): boolean =>
  Object.entries(data).every(
    ([name, value]) => typeof value === 'string' && !/^(from$|message_type$|google|gcm)/.test(name),
  );

function isTtlRight(android: unknown): boolean {
  const ttl = isObject(android) ? /^(\d+)s$/.exec(String(android.ttl))?.[1] : undefined;
  return ttl !== undefined && Number(ttl) <= 2_419_200;
}
