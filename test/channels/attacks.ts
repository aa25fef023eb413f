/**
 * Forgeries of a genuine request. Where its signature lies is found by signing with two secrets and looking what
 * differs, so nothing here knows a platform.
 */
import type { Door, HttpRequest } from '../../shared/channels/adapter.ts';
import type { Message } from './cases.ts';

export interface Forgery {
  readonly name: string;
  readonly request: HttpRequest;
  readonly secrets: readonly string[];
}

export interface SignaturePlace {
  readonly header: string;
  readonly value: string;
}

/** The headers that depend on the secret. */
export function signaturePlaces(door: Door, { request, secret, receivedAt }: Message): SignaturePlace[] {
  const genuine = door.sign(request, secret, receivedAt).headers;
  const other = door.sign(request, `${secret}-other`, receivedAt).headers;
  return Object.entries(genuine)
    .filter(([header, value]) => other[header] !== value)
    .map(([header, value]) => ({ header, value }));
}

export function forgeries(door: Door, message: Message): Forgery[] {
  const { request, secret, receivedAt } = message;
  const secrets = [secret];
  const withBody = (name: string, body: Uint8Array): Forgery => ({ name, request: { ...request, body }, secrets });
  const size = request.body.length;

  const bodies = [
    ...(size > 0 ? [0, size >> 1, size - 1] : []).map((at) =>
      withBody(`byte ${at} altered`, altered(request.body, at)),
    ),
    withBody('a byte more', Uint8Array.from([...request.body, 0x20])),
    withBody('a byte less', request.body.subarray(0, Math.max(0, size - 1))),
    withBody('no body', new Uint8Array()),
    ...reencoded(request.body).map((body) => withBody('JSON parsed and written again', body)),
  ].filter((forgery) => !Buffer.from(forgery.request.body).equals(request.body));

  const elsewhere = door.sign({ ...request, body: Buffer.from('{"another":"body"}') }, secret, receivedAt);
  const headers = signaturePlaces(door, message).flatMap(({ header, value }) => {
    const { [header]: _, ...without } = request.headers;
    const put = (name: string, text: string): Forgery => ({
      name: `${header}: ${name}`,
      request: { ...request, headers: { ...request.headers, [header]: text } },
      secrets,
    });
    return [
      { name: `${header}: missing`, request: { ...request, headers: without }, secrets },
      put('empty', ''),
      put('truncated', value.slice(0, -1)),
      put('half', value.slice(0, value.length >> 1)),
      put('longer', `${value}A`),
      put('spaced', ` ${value}`),
      put('in another encoding', otherEncoding(value)),
      put('swapped case', swapCase(value)),
      put('not ASCII', '署名'),
      put('of another body', elsewhere.headers[header] ?? ''),
    ];
  });

  const wrongSecrets: Forgery[] = [
    { name: 'wrong secret', request, secrets: [`${secret}x`] },
    { name: 'two wrong secrets', request, secrets: ['another secret', ''] },
    { name: 'no secret', request, secrets: [] },
    { name: 'signed with an empty secret', request: door.sign(request, '', receivedAt), secrets: [''] },
    { name: 'signed by another', request: door.sign(request, `${secret} `, receivedAt), secrets },
  ];
  return [...bodies, ...headers, ...wrongSecrets];
}

function altered(body: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(body);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

function reencoded(body: Uint8Array): Uint8Array[] {
  try {
    return [Buffer.from(JSON.stringify(JSON.parse(Buffer.from(body).toString('utf8'))))];
  } catch {
    return [];
  }
}

/** Base64 → hex and hex → base64: a digest that is right but for how it is written. */
function otherEncoding(value: string): string {
  const isHex = /^[0-9a-f]+$/i.test(value);
  return Buffer.from(value, isHex ? 'hex' : 'base64').toString(isHex ? 'base64' : 'hex');
}

const swapCase = (text: string) =>
  [...text].map((letter) => (letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase())).join('');
