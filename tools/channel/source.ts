/** The texts of `shared/channels/<name>/`. They run as they are; comments ask what only the platform's pages can answer. */
import type { NewChannel } from './name.ts';

export const signatureHeader = ({ name }: Pick<NewChannel, 'name'>): string =>
  `x-${name.replaceAll('_', '-')}-signature`;

export const doorText = (channel: NewChannel): string => `/**
 * ${channel.title}. What a reader would hunt for, as the platform's own pages say it: answers in place of questions.
 *
 * Signature: over what (raw body, address, sorted parameters), keyed with which secret in which form, in which header,
 *   in base64 or hex? What is not signed: time, nonce, address? After a change, for how long does the old secret sign?
 * Version of an order: which field, how fine is its clock, what tells two of one tick apart? Of a refund: which one?
 * Money: decimal text, bare numbers or minor units? In which currency? Is tax in the prices?
 * Time: in which form and zone? What stands for "not yet"?
 * Reply: which status and body, within how long?   Redelivery: how often, for how long, with the old body or a new one?
 * Handshake: what is sent when the address is saved, and what is the answer? None: nothing to write below.
 * Ids: which header or field names a delivery, which an event? Are any numbers above 2^53?
 * Source: which pages and programs say so, read on which day?
 */
import type { Door } from '../adapter.ts';
import { hmacSha256, signRequest, verifySignature } from '../signature.ts';

// The commonest scheme. Another says how it differs: what is digested (\`parts\`), the encoding, a digest of its own.
const SIGNATURE = hmacSha256('${signatureHeader(channel)}', 'base64');

export const ${channel.camel}Door: Door = {
  channel: '${channel.name}',
  category: '${channel.category}',
  // What normalize.ts reads and what helps a person: topic, shop, ids of delivery and event. Never the signature.
  keptHeaders: [],
  verify: (request, secrets) => verifySignature(SIGNATURE, request, secrets),
  sign: (request, secret) => signRequest(SIGNATURE, request, secret),
  acknowledge: () => ({ status: 200, body: '' }),
};
`;

export const wireText = ({ title, thin }: NewChannel): string => `/**
 * What we use of ${title}'s ${thin ? 'webhooks and answers' : 'webhooks'}, as of which version? The rest is neither checked nor kept.
 *
 * What may be absent or null is \`nullish\`; only what an order cannot do without is required.
 */
import * as z from 'zod';
import { Amount, Count, Currency, LINES_MAX, Text, Time, WordId } from '../fields.ts';
${
  thin
    ? `
/** A webhook: which order has news, and how new they are. */
export const Push = z.object({ order_id: WordId, shop_id: Text.nullish(), updated_at: Time });
`
    : ''
}
const LineItem = z.object({ id: WordId, title: Text.nullish(), quantity: Count, price: Amount });

export const Order = z.object({
  id: WordId,
  created_at: Time,
  updated_at: Time,
  paid_at: Time.nullish(),
  currency: Currency,
  total: Amount,
  line_items: z.array(LineItem).max(LINES_MAX),
  customer: z.object({ id: Text.nullish(), name: Text.nullish(), email: Text.nullish() }).nullish(),
});
export type Order = z.infer<typeof Order>;
`;

const orderReader = (
  { name }: NewChannel,
  functionName: string,
): string => `${functionName}(envelope: Envelope): Normalized {
  // \`{ decimals: 'text' }\` as third argument where money is bare numbers: a double would round it.
  const body = readBody(envelope, wire.Order);
  if (body.kind === 'unacceptable') return body;
  const order = body.value;
  const read = new Reader();
  const updatedAt = read.time(order.updated_at, 'updated_at');
  const parts = partsOf(order, read);
  if (!parts) return unacceptable('not_written', '', 'partsOf in ${name}/normalize.ts to be written');
  // The source's own time or number, of one kind for ever. Refunds and payments each have a version of their own.
  const version = { source: updatedAt ? epochMs(updatedAt) : 0, fetchedAt: fetchedAtOf(envelope), tie: '' };
  return read.problem ?? { kind: 'accepted', documents: [{ orderId: order.id, version, parts }] };
}

/**
 * A function for each part, put together with \`compact\`; shared/orders/parts.ts says what each is made of:
 * state, money, lines · buyer, name, phone, email · shipTo, source · refundIds, deletion.
 *
 * \`read\` turns text into amounts and times, and keeps the first that cannot be read. Once this is written, \`undefined\`
 * and \`not_written\` go.
 */
function partsOf(_order: wire.Order, _read: Reader): Partial<SingleParts> | undefined {
  return undefined;
}
`;

export const normalizeText = (channel: NewChannel): string =>
  channel.thin ? thinNormalizeText(channel) : fullNormalizeText(channel);

const fullNormalizeText = (channel: NewChannel): string => `/**
 * ${channel.title}'s webhooks → documents. Pure: no network, no clock but the envelope's.
 *
 * A part is said only where the message carries what it is made of: what is absent or masked stays as it was.
 */
import type { Envelope } from '../../lake/envelope.ts';
import type { SingleParts } from '../../orders/parts.ts';
import { epochMs } from '../../time/instant.ts';
import { type Normalized, unacceptable } from '../adapter.ts';
import { fetchedAtOf, Reader, readBody } from '../reading.ts';
import * as wire from './wire.ts';

export function ${orderReader(channel, `normalize${channel.pascal}`)}`;

const thinNormalizeText = (channel: NewChannel): string => `/**
 * ${channel.title}'s webhooks → signals; the orders that were fetched → documents. Pure: no network, no clock but the
 * envelope's.
 *
 * A part is said only where the answer carries what it is made of: what is absent or masked stays as it was.
 */
import type { ConnectionSettings } from '../../connections/connection.ts';
import type { Envelope } from '../../lake/envelope.ts';
import type { SingleParts } from '../../orders/parts.ts';
import { epochMs } from '../../time/instant.ts';
import { type Heard, type Normalized, unacceptable } from '../adapter.ts';
import { endOfSecond, fetchedAtOf, Reader, readBody } from '../reading.ts';
import * as wire from './wire.ts';

export function normalize${channel.pascal}(envelope: Envelope, connection: ConnectionSettings): Normalized {
  return envelope.subject === undefined ? readPush(envelope, connection) : readOrder(envelope);
}

function readPush(envelope: Envelope, connection: ConnectionSettings): Normalized {
  const push = readBody(envelope, wire.Push);
  if (push.kind === 'unacceptable') return push;
  const { order_id: orderId, shop_id: shop, updated_at } = push.value;
  // Where one address serves all shops of an app: the request is read once more for the connection of each.
  if (connection.shop !== undefined && shop != null && shop !== connection.shop)
    return { kind: 'accepted', documents: [], otherShops: [shop] };
  const read = new Reader();
  const updatedAt = read.time(updated_at, 'updated_at');
  // The version that the order will have, and when its tick is over. Where it tells none: 0, and when we received it.
  const heard: Heard = {
    source: updatedAt ? epochMs(updatedAt) : 0,
    settledAt: updatedAt ? endOfSecond(updatedAt) : Date.parse(envelope.receivedAt),
  };
  const signal = { subject: \`order/\${orderId}\`, heard, of: { orderId } };
  return read.problem ?? { kind: 'accepted', documents: [], signals: [signal] };
}

function ${orderReader(channel, 'readOrder')}`;

export const apiText = ({ name, camel, title }: NewChannel): string => `/**
 * ${title}'s API. What a reader would hunt for: put the answers in place of questions.
 *
 * Signature: what of a request is signed, with which key?   Limits: how many calls, by what?
 * Tokens: how long do they live, how are they renewed, is a refresh token used up by its use?
 * Answers: how is an error told, by status or by a code in the body? Which calls make up an order?
 * Source: which pages and programs say so, read on which day?
 */
import * as z from 'zod';
import { type ApiContext, ApiFailure, failureOfStatus, opening, type PlatformApi } from '../platform-api.ts';

/** The file that a person gives to \`connect\`: what is wrong with it is told by field, never with a value. */
const Credentials = z.strictObject({ shop_id: z.string().min(1), access_token: z.string().min(1) });

export const ${camel}Api: PlatformApi = {
  hosts: ['https://api.${name.replaceAll('_', '-')}.example'],
  // Below what the platform allows, so that others of the same app get their share.
  limits: { perSecond: 2, burst: 4, atOnce: 2 },
  open: opening(Credentials, ({ shop_id: shop, access_token: accessToken }) => ({
    shop,
    // Tokens that expire: \`renew\` beside this, which asks for new ones with the last ones.
    firstTokens: { accessToken },
    fetch: (subject, tokens, context) => fetchOrder(subject, tokens?.accessToken ?? accessToken, context),
  })),
};

async function fetchOrder(subject: string, bearer: string, { call, clock }: ApiContext): Promise<string[]> {
  const [, id] = /^order\\/([\\w-]{1,190})$/.exec(subject) ?? [];
  if (id === undefined) throw new ApiFailure('refused', 'subject_unknown');
  const answer = await call({ method: 'GET', path: \`/orders/\${id}\`, headers: { authorization: \`Bearer \${bearer}\` } });
  // A platform that answers 200 to everything says what is wrong in the body: its codes, by what is to be done.
  const failure = failureOfStatus(answer, clock());
  if (failure) throw failure;
  if (!isJson(answer.body)) throw new ApiFailure('unavailable', 'answer_not_json');
  // As it was written. Several calls that make one order are put together with \`jointAnswer\`.
  return [answer.body];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
`;

export const identifiersText = ({ camel, title }: NewChannel): string => `/**
 * Who an order of ${title} is from. What a reader would hunt for: put the answers in place of questions.
 *
 * Whose is a phone or an email: the buyer's own, or a recipient's (then it identifies nobody)? Does the platform vouch for it?
 * Within what is a buyer's id one person's: the shop, all shops of an app, a national site, the platform?
 */
import type { IdentifierDeclaration } from '../../identity/identifiers.ts';

export const ${camel}Identifiers: IdentifierDeclaration = [
  { from: 'buyerId', scope: 'connection', strength: 'strong', verified: true },
];
`;

export const adapterText = ({
  camel,
  pascal,
  title,
  thin,
}: NewChannel): string => `/** ${title}. How to connect a shop: README.md. */
import type { ChannelAdapter } from '../adapter.ts';
${thin ? `import { ${camel}Api } from './api.ts';\n` : ''}import { ${camel}Door } from './door.ts';
import { ${camel}Identifiers } from './identifiers.ts';
import { normalize${pascal} } from './normalize.ts';

export const ${camel}: ChannelAdapter = {
  door: ${camel}Door,
  revision: 1,
  normalize: normalize${pascal},
  identifiers: ${camel}Identifiers,
${thin ? `  api: ${camel}Api,\n` : ''}};
`;

export const readmeText = ({ name, title, thin }: NewChannel): string => `# ${title}

Say in two sentences what its webhooks carry, and what they leave to be fetched.

## Connect a shop

1. Where in the platform's console the app or subscription is made, and which rights it needs.
2. Where the secret stands that signs webhooks${thin ? ', and what goes into the credentials file' : ''}.
3. \`npx tributary connect ${name} --connection my-shop --secret-file secret.txt${thin ? ` --credentials-file ${name}.json` : ''}\` prints the address.
4. Where that address is entered, with which topics; how to send a test, and what it does here.

## What is taken from where

| ours | theirs |
| --- | --- |
| \`items\`, \`merchantDiscount\`, \`platformDiscount\` | who bears each discount |
| \`shipping\`, \`tax\`, \`fees\`, \`total\`, \`paid\` | |
| \`paidAt\`, \`fulfilledAt\`, \`completedAt\` | |
| \`refunded\`, refunded pieces | |
| \`buyer\`, \`source\` | never a recipient who may be another person |

## What does not count

Drafts, samples, returns that are orders of their own: each with the reason.

## Traps

Order of arrival, coarse clocks, masked fields, lost deliveries, limits.

## Assumptions

What the platform does not say and the code takes to be so, each with the place in the code where it is changed.
`;
