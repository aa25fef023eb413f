/**
 * A route of the HTTP API as data. From the one table in routes.ts come what the function serves, what it checks, the OpenAPI
 * document and the typed client: none of them can say another thing than the rest.
 */
import type * as z from 'zod';
import type { Access } from './roles.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export const TAGS = {
  orders: 'Orders, as they are computed from what the platforms told',
  profiles: 'Customers across channels: who they are, what they bought, their tier and why',
  segments: 'Named conditions, and who meets them',
  exports: 'Files of who is in a segment',
  products: 'The catalogue: what is sold, where, at what price, and what of it is in stock',
  subscribers: 'Who is told of events over HTTP',
  recommendations: 'What customers are likely to want: which version is read',
  campaigns: 'Messages to customers: when, whom, what, and what became of them',
  push: 'Devices, the policy of all campaigns, and accounts at providers',
  'tier policy': 'Which customer is in which tier',
  events: 'What is told on the bus and to subscribers',
  sources: 'Where browse events come from, and by which keys',
  audit: 'Who changed what',
  api: 'This interface itself',
} as const;
export type Tag = keyof typeof TAGS;

export interface Answer {
  readonly description: string;
  /** JSON of this form; absent: no body. */
  readonly schema?: z.ZodType;
  readonly example?: unknown;
  /** What can be done with the answer: operations, and where their parameters are found (`$response.body#/id`). */
  readonly links?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface Operation {
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  /** Each `{name}` of the path. */
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** By status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Problems that are of this operation, by status, each with the reason. What all have in common is not said again. */
  readonly problems?: Readonly<Record<number, string>>;
  /** A POST that changes something: with an Idempotency-Key it is done once, and answered likewise for a day. */
  readonly idempotencyKey?: true;
  /** If-Match says which revision was seen, as the ETag has it. */
  readonly ifMatch?: 'required' | 'allowed';
  /** Its answer has an ETag. */
  readonly etag?: true;
  /** Kept in the audit trail: by whom, on what, how it ended. */
  readonly audited?: true;
  /** For the document, and for those who try it out. */
  readonly example?: {
    readonly params?: Readonly<Record<string, string>>;
    readonly query?: Readonly<Record<string, string | number | boolean>>;
    readonly body?: unknown;
  };
}

export interface Route extends Operation {
  readonly method: Method;
  /** `/v1/profiles/{id}` */
  readonly path: string;
  /** The least that may. */
  readonly role: Access;
}

/** Keeps the exact types of its schemas. */
export const operation = <const Of extends Operation>(of: Of): Of => of;

export const route = <const Of extends Operation>(
  method: Method,
  path: string,
  role: Access,
  of: Of,
): Of & Pick<Route, 'method' | 'path' | 'role'> => ({ ...of, method, path, role });

/** What is read of a request, checked. */
export type ParamsOf<R> = R extends { readonly params: infer S extends z.ZodType }
  ? z.output<S>
  : Readonly<Record<string, never>>;
export type QueryOf<R> = R extends { readonly query: infer S extends z.ZodType }
  ? z.output<S>
  : Readonly<Record<string, never>>;
export type BodyOf<R> = R extends { readonly body: infer S extends z.ZodType } ? z.output<S> : undefined;

// Text first: a branded one is an object, too, to TypeScript.
type DeepReadonly<T> = T extends string
  ? T
  : T extends readonly (infer Item)[]
    ? readonly DeepReadonly<Item>[]
    : T extends object
      ? { readonly [Name in keyof T]: DeepReadonly<T[Name]> }
      : T;

type ShownBy<A> = A extends { readonly schema: infer S extends z.ZodType } ? z.output<S> : undefined;
type AnswersOf<R> = R extends { readonly answers: infer All } ? All : never;

/** The body of any of its answers. */
export type ShownOf<R> = ShownBy<AnswersOf<R>[keyof AnswersOf<R>]>;

/** One of its answers, as a handler gives it. */
export type ReplyOf<R> = {
  [Status in keyof AnswersOf<R>]: { readonly status: Status } & (ShownBy<AnswersOf<R>[Status]> extends undefined
    ? { readonly body?: undefined }
    : { readonly body: DeepReadonly<ShownBy<AnswersOf<R>[Status]>> });
}[keyof AnswersOf<R>] & {
  /** Becomes the ETag. */
  readonly revision?: number;
  /** For the audit trail, where the path does not name it: the id of what was made. */
  readonly subject?: string;
};
