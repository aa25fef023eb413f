/**
 * The API as functions with types, from the table of routes. It sends each request once: who calls knows best whether, and when, to
 * try again (`retryAfterSeconds`).
 */
import type * as z from 'zod';
import { type FieldProblem, GatewayProblem, Problem } from './problem.ts';
import type { Route, ShownOf } from './route.ts';

export interface ClientOptions {
  /** Without a slash at its end, as `.local/endpoints.json` and the stack's output have it. */
  readonly baseUrl: string;
  /** Asked for before each request, where it is a function: tokens expire. */
  readonly token?: string | (() => Promise<string>);
  readonly fetch?: typeof fetch;
}

type Given<R, Name extends string, Schema extends string> = R extends {
  readonly [Key in Schema]: infer S extends z.ZodType;
}
  ? undefined extends z.input<S>
    ? { readonly [Key in Name]?: z.input<S> }
    : { readonly [Key in Name]: z.input<S> }
  : unknown;
type Query<R> = R extends { readonly query: infer S extends z.ZodType } ? { readonly query?: z.input<S> } : unknown;
type Once<R> = R extends { readonly idempotencyKey: true } ? { readonly idempotencyKey?: string } : unknown;
/** `*`: whatever is there. */
type Seen<R> = R extends { readonly ifMatch: infer Need }
  ? Need extends 'required'
    ? { readonly ifMatch: number | '*' }
    : { readonly ifMatch?: number | '*' }
  : unknown;

/** What a call of a route takes. */
export type InputOf<R> = Given<R, 'params', 'params'> & Given<R, 'body', 'body'> & Query<R> & Once<R> & Seen<R>;

/** Nothing has to be given. */
type Optional<R> = object extends InputOf<R> ? [input?: InputOf<R>] : [input: InputOf<R>];

export interface Client {
  /** The body of its answer, checked; of one without a body undefined. Throws an ApiProblem. */
  call<R extends Route>(route: R, ...input: Optional<R>): Promise<ShownOf<R>>;
}

export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  /** HTTP; 0 where there was no answer at all. */
  readonly status: number;
  readonly code: string;
  readonly problems: readonly FieldProblem[];
  readonly requestId: string | undefined;
  /** When it may be tried again, where the answer says so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    of: Pick<ApiProblem, 'status' | 'code'> & Partial<Pick<ApiProblem, 'problems' | 'requestId' | 'retryAfterSeconds'>>,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(detail, options);
    this.status = of.status;
    this.code = of.code;
    this.problems = of.problems ?? [];
    this.requestId = of.requestId;
    this.retryAfterSeconds = of.retryAfterSeconds;
  }

  /** What to do about it, for a person. */
  get detail(): string {
    return this.message;
  }
}

/** Of any route; which of them a route has, InputOf says. */
interface AnyInput {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly idempotencyKey?: string;
  readonly ifMatch?: number | '*';
}

export function createClient({ baseUrl, token, fetch: send = fetch }: ClientOptions): Client {
  return {
    async call<R extends Route>(route: R, ...[input]: Optional<R>): Promise<ShownOf<R>> {
      // The cast: AnyInput has all that an InputOf may have, but for how exactly a route's schemas type it.
      const given = (input ?? {}) as AnyInput;
      const bearer = typeof token === 'function' ? await token() : token;
      const response = await reach(() =>
        send(`${baseUrl}${pathOf(route.path, given)}`, {
          method: route.method,
          headers: headersOf(given, bearer),
          ...(given.body !== undefined && { body: JSON.stringify(given.body) }),
        }),
      );
      if (!response.ok) throw await problemOf(response);
      const answer = route.answers[response.status];
      if (answer && !answer.schema) return undefined as ShownOf<R>; // the cast: a route says of which status it has no body
      const parsed = answer?.schema?.safeParse(await readJson(response));
      // The cast: the schema that it was parsed by is the one that the type is made of.
      if (parsed?.success) return parsed.data as ShownOf<R>;
      throw new ApiProblem(
        { status: response.status, code: 'answer_unexpected' },
        `What ${route.method} ${route.path} answered is not what this version knows. Is the deployment of the same version?`,
        { cause: parsed?.error },
      );
    },
  };
}

function pathOf(path: string, { params = {}, query = {} }: AnyInput): string {
  const named = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return search.size > 0 ? `${named}?${search}` : named;
}

const headersOf = ({ body, idempotencyKey, ifMatch }: AnyInput, token: string | undefined): Record<string, string> => ({
  accept: 'application/json, application/problem+json',
  ...(token !== undefined && { authorization: `Bearer ${token}` }),
  ...(body !== undefined && { 'content-type': 'application/json' }),
  ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
  ...(ifMatch !== undefined && { 'if-match': ifMatch === '*' ? '*' : `"${ifMatch}"` }),
});

async function reach(send: () => Promise<Response>): Promise<Response> {
  try {
    return await send();
  } catch (error) {
    throw new ApiProblem({ status: 0, code: 'unreachable' }, 'The API could not be reached.', { cause: error });
  }
}

const readJson = (response: Response): Promise<unknown> => response.json().catch(() => undefined);

async function problemOf(response: Response): Promise<ApiProblem> {
  const { status } = response;
  const json = await readJson(response);
  const wait = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retry = Number.isFinite(wait) ? { retryAfterSeconds: wait } : {};
  const problem = Problem.safeParse(json);
  if (problem.success) {
    const { code, detail, problems = [], requestId } = problem.data;
    return new ApiProblem({ status, code, problems, ...(requestId !== undefined && { requestId }), ...retry }, detail);
  }
  const gateway = GatewayProblem.safeParse(json);
  const detail = gateway.success ? gateway.data.message : `The API answered ${status}.`;
  return new ApiProblem({ status, code: GATEWAY_CODES[status] ?? `http_${status}`, ...retry }, detail);
}

/** Of what the gateway answers by itself. */
const GATEWAY_CODES: Readonly<Record<number, string>> = {
  401: 'token_missing',
  403: 'forbidden',
  413: 'body_too_large',
  429: 'too_many_requests',
};
