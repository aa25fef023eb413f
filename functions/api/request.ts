/** What a request says, checked against its route. All that is wrong is named at once, field by field. */
import * as z from 'zod';
import type { FieldProblem } from '../../shared/api/problem.ts';
import type { Route } from '../../shared/api/route.ts';
import { readIfMatch, type Seen } from './etag.ts';
import { Refusal } from './problem.ts';

export const LARGEST_BODY_BYTES = 256 * 1024;
/** Nothing that is asked for is as deep; checking what is would take more stack than there is. */
const DEEPEST_BODY = 48;
const PROBLEMS_NAMED = 50;

export interface Incoming {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

export interface Checked {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly seen?: Seen;
  readonly idempotencyKey?: string;
}

export function readRequest(route: Route, { params, query, headers, body }: Incoming): Checked {
  const json = route.body && readJson(body, headers, route.body);
  const problems: FieldProblem[] = [];
  const check = (where: FieldProblem['in'], schema: z.ZodType | undefined, value: unknown): unknown => {
    if (!schema) return undefined;
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    problems.push(
      ...parsed.error.issues.map(({ path, message }) => ({
        in: where,
        at: placeOf(where, path),
        message: inShort(message),
      })),
    );
    return undefined;
  };
  const checked = {
    params: check('path', route.params, params),
    query: check('query', route.query ?? NO_QUERY, queryFields(query)),
    body: check('body', route.body, json),
  };
  if (problems.length > 0) throw invalid(problems);
  const seen = readSeen(route, headers);
  const idempotencyKey = route.idempotencyKey && readIdempotencyKey(headers);
  return { ...checked, ...(seen && { seen }), ...(idempotencyKey !== undefined && { idempotencyKey }) };
}

const placeOf = (where: FieldProblem['in'], path: readonly PropertyKey[]): string =>
  where === 'body' ? path.map((name) => `/${escaped(String(name))}`).join('') : path.map(String).join('.');
const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

const NO_QUERY = z.strictObject({});

const invalid = (problems: readonly FieldProblem[]): Refusal =>
  new Refusal(400, 'request_invalid', 'The request is not as it should be: see problems.', {
    problems: problems.slice(0, PROBLEMS_NAMED),
  });

/** Zod's sentences name what was expected; what was sent is not repeated where it could be long. */
const MESSAGE_CHARS = 300;
const inShort = (message: string): string => message.slice(0, MESSAGE_CHARS);

function queryFields(query: URLSearchParams): Record<string, string> {
  const names = [...query.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw invalid([{ in: 'query', at: twice, message: 'given more than once' }]);
  return Object.fromEntries(query);
}

function readJson(bytes: Uint8Array, headers: Headers, schema: z.ZodType): unknown {
  if (bytes.byteLength > LARGEST_BODY_BYTES)
    throw new Refusal(413, 'body_too_large', `A body has at most ${LARGEST_BODY_BYTES} bytes.`);
  if (bytes.byteLength === 0) {
    if (schema.safeParse(undefined).success) return undefined;
    throw invalid([{ in: 'body', at: '', message: 'a JSON body' }]);
  }
  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  if (!/^application\/(?:[\w.-]+\+)?json$/i.test(type.trim()))
    throw new Refusal(415, 'content_type_unsupported', 'Send application/json.');
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid([{ in: 'body', at: '', message: 'JSON in UTF-8' }]);
  }
  if (isDeeper(json, DEEPEST_BODY))
    throw invalid([{ in: 'body', at: '', message: `at most ${DEEPEST_BODY} levels of nesting` }]);
  if (!isWhole(json))
    throw invalid([{ in: 'body', at: '', message: 'texts of whole characters, no half surrogate pairs' }]);
  return json;
}

/** JSON can name half a character (`"\ud800"`), which UTF-8 can not hold: no table or file would give it back. */
const HALF_CHARACTER = /\p{Surrogate}/u;

/** Of what is not too deep. */
function isWhole(value: unknown): boolean {
  if (typeof value === 'string') return !HALF_CHARACTER.test(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, inner]) => isWhole(name) && isWhole(inner));
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}

function readSeen({ ifMatch }: Route, headers: Headers): Seen | undefined {
  const header = headers.get('if-match');
  if (ifMatch === undefined) return undefined;
  if (header !== null) return readIfMatch(header);
  if (ifMatch === 'allowed') return undefined;
  throw new Refusal(
    428,
    'if_match_missing',
    'Say which revision you have seen: send If-Match with the ETag that GET gave.',
  );
}

const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

function readIdempotencyKey(headers: Headers): string | undefined {
  const key = headers.get('idempotency-key');
  if (key === null) return undefined;
  if (IDEMPOTENCY_KEY.test(key)) return key;
  throw invalid([{ in: 'header', at: 'idempotency-key', message: '1 to 255 printable characters, no space' }]);
}
