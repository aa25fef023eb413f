/**
 * Square's API: GET with a bearer token. https://developer.squareup.com/reference/square, read 2026-11-25.
 *
 * A personal access token does not expire. One of an app (OAuth, code flow) lives 30 days and is renewed with a refresh
 * token that stays the same. Errors are `{"errors":[{"category","code","detail","field"}]}`; `detail` may hold values, so
 * only the code is kept.
 */
import * as z from 'zod';
import {
  type ApiAccount,
  type ApiContext,
  ApiFailure,
  type ApiRequest,
  failureOfStatus,
  jointAnswer,
  opening,
  type PlatformApi,
  type Tokens,
} from '../platform-api.ts';

/** The API's version: answers keep this shape, whatever the app's own default. */
const SQUARE_VERSION = '2026-01-22';

/** An order has a payment or two. Those beyond are known by their tenders alone. */
const PAYMENTS_FETCHED = 10;

const Field = z.string().min(1).max(1024);
const Credentials = z
  .strictObject({
    merchant_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "the seller's merchant id"),
    access_token: Field.optional(),
    client_id: Field.optional(),
    client_secret: Field.optional(),
    refresh_token: Field.optional(),
  })
  .refine(
    (given) => appOf(given) !== undefined || (given.access_token !== undefined && namesNoApp(given)),
    'access_token, or client_id, client_secret and refresh_token together',
  );
type Credentials = z.infer<typeof Credentials>;

interface App {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly refreshToken: string;
}

type AppFields = Partial<Record<'client_id' | 'client_secret' | 'refresh_token', string | undefined>>;

/** The app that may renew its token, if the credentials are those of one. */
function appOf(credentials: AppFields): App | undefined {
  const { client_id: clientId, client_secret: clientSecret, refresh_token: refreshToken } = credentials;
  if (clientId === undefined || clientSecret === undefined || refreshToken === undefined) return undefined;
  return { clientId, clientSecret, refreshToken };
}

const namesNoApp = ({ client_id, client_secret, refresh_token }: AppFields): boolean =>
  [client_id, client_secret, refresh_token].every((field) => field === undefined);

export const squareApi: PlatformApi = {
  hosts: ['https://connect.squareup.com', 'https://connect.squareupsandbox.com'],
  // Square publishes no rates and asks to back off on 429: an assumption, well below what partners report to be let through.
  limits: { perSecond: 8, burst: 16, atOnce: 4 },
  open: opening(Credentials, account),
};

function account(credentials: Credentials): ApiAccount {
  const app = appOf(credentials);
  const { access_token: accessToken, merchant_id: shop } = credentials;
  return {
    shop,
    ...(accessToken !== undefined && {
      firstTokens: { accessToken, ...(app && { refreshToken: app.refreshToken }) },
    }),
    ...(app && { renew: (last, context) => renew(app, last, context) }),
    async fetch(subject, tokens, context) {
      const bearer = tokens?.accessToken ?? accessToken;
      if (bearer === undefined) throw new ApiFailure('unauthorized', 'no_access_token');
      const square = new Square(bearer, context);
      const [kind, id] = subjectOf(subject);
      return [kind === 'order' ? await orderAnswer(square, id) : await refundAnswer(square, id)];
    },
  };
}

function subjectOf(subject: string): readonly ['order' | 'refund', string] {
  const match = /^(order|refund)\/([A-Za-z0-9_-]{1,190})$/.exec(subject);
  if (!match) throw new ApiFailure('refused', 'unknown_subject');
  // The casts say what the pattern does.
  return [match[1] as 'order' | 'refund', match[2] as string];
}

/** An answer that is JSON: as Square wrote it, to pass on; and read, only to know what else to fetch. */
interface Answered {
  readonly text: string;
  readonly json: unknown;
}

const OrderLinks = z.object({
  order: z.object({ tenders: z.array(z.object({ payment_id: z.string().nullish() })).nullish() }),
});

/** A tender knows less of a payment than the payment: not its till, its cashier, its buyer's address. */
async function orderAnswer(square: Square, id: string): Promise<string> {
  const order = await square.get('orders', id);
  // What is odd about an answer is judged by the normaliser, which reads it again: here it only leads no further.
  const tenders = OrderLinks.safeParse(order.json).data?.order.tenders ?? [];
  const paymentIds = new Set(tenders.flatMap((tender) => tender.payment_id ?? []));
  const payments: string[] = [];
  for (const paymentId of [...paymentIds].slice(0, PAYMENTS_FETCHED)) {
    const payment = await square.getIfAny('payments', paymentId);
    if (payment) payments.push(payment.text);
  }
  return jointAnswer({ order: order.text, payments: `[${payments.join(',')}]` });
}

const RefundLinks = z.object({
  refund: z.object({ payment_id: z.string().nullish(), order_id: z.string().nullish() }),
});
const PaymentLinks = z.object({ payment: z.object({ order_id: z.string().nullish() }) });

/** A refund names its payment, and only the payment names the order that was paid. */
async function refundAnswer(square: Square, id: string): Promise<string> {
  const refund = await square.get('refunds', id);
  const links = RefundLinks.safeParse(refund.json).data?.refund;
  if (links?.payment_id == null) return jointAnswer({ refund: refund.text });
  const payment = await square.get('payments', links.payment_id);
  const paidOrderId = PaymentLinks.safeParse(payment.json).data?.payment.order_id;
  const returned = links.order_id != null && links.order_id !== paidOrderId ? links.order_id : undefined;
  // The money counts, even if the list of what came back cannot be had.
  const returnOrder = returned === undefined ? undefined : await square.getIfAny('orders', returned);
  return jointAnswer({ refund: refund.text, payment: payment.text, return_order: returnOrder?.text });
}

class Square {
  readonly #bearer: string;
  readonly #context: ApiContext;
  constructor(bearer: string, context: ApiContext) {
    this.#bearer = bearer;
    this.#context = context;
  }

  async get(collection: 'orders' | 'payments' | 'refunds', id: string): Promise<Answered> {
    const path = `/v2/${collection}/${encodeURIComponent(id)}`;
    return ask({ method: 'GET', path, headers: { authorization: `Bearer ${this.#bearer}` } }, this.#context);
  }

  async getIfAny(collection: 'orders' | 'payments', id: string): Promise<Answered | undefined> {
    try {
      return await this.get(collection, id);
    } catch (error) {
      if (error instanceof ApiFailure && error.kind === 'not_found') return undefined;
      throw error;
    }
  }
}

async function ask(request: ApiRequest, { call, clock }: ApiContext): Promise<Answered> {
  const headers = { ...request.headers, 'square-version': SQUARE_VERSION };
  const answer = await call({ ...request, headers });
  const json = parseJson(answer.body);
  const failure = failureOfStatus(answer, clock());
  if (failure) throw withSquareCode(failure, json);
  if (json === undefined) throw new ApiFailure('unavailable', 'answer_not_json');
  return { text: answer.body, json };
}

const Errors = z.object({ errors: z.array(z.object({ code: z.string().regex(/^[A-Z][A-Z0-9_]{1,63}$/) })).min(1) });

/** Square's own code where it gives one (`access_token_expired`) says more than the status. */
function withSquareCode(failure: ApiFailure, json: unknown): ApiFailure {
  const code = Errors.safeParse(json).data?.errors[0]?.code;
  if (code === undefined) return failure;
  const { kind, retryAfterMs } = failure;
  return new ApiFailure(kind, code.toLowerCase(), retryAfterMs === undefined ? {} : { retryAfterMs });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const Renewed = z.object({
  access_token: z.string().min(1),
  expires_at: z.iso.datetime({ offset: true }).optional(),
  refresh_token: z.string().min(1).optional(),
});

async function renew(app: App, last: Tokens | undefined, context: ApiContext): Promise<Tokens> {
  const refreshToken = last?.refreshToken ?? app.refreshToken;
  const { json } = await ask(
    {
      method: 'POST',
      path: '/oauth2/token',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        client_id: app.clientId,
        client_secret: app.clientSecret,
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
      }),
    },
    context,
  );
  const renewed = Renewed.safeParse(json).data;
  if (!renewed) throw new ApiFailure('unavailable', 'token_answer_not_understood');
  return {
    accessToken: renewed.access_token,
    refreshToken: renewed.refresh_token ?? refreshToken,
    ...(renewed.expires_at !== undefined && { expiresAt: Date.parse(renewed.expires_at) }),
  };
}
