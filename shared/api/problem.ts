/** Errors of the HTTP API: RFC 9457 problem documents. `code` is stable, `detail` says what to do. */
import * as z from 'zod';

export const PROBLEM_TYPE = 'application/problem+json';

/** What is wrong with one field of a request. */
export const FieldProblem = z.object({
  in: z.enum(['path', 'query', 'header', 'body']),
  /** Its name; of a body a JSON pointer, `/policy/rules/1/all/0/measure`, empty for the whole. */
  at: z.string(),
  /** What would be valid. */
  message: z.string(),
  /** The same in Chinese, where it is for marketers. */
  zh: z.string().optional(),
  /** What may stand there, the likeliest first. */
  valid: z.array(z.string()).optional(),
});
export type FieldProblem = z.infer<typeof FieldProblem>;

export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    /** To ask an operator about: it is in the logs. */
    requestId: z.string().optional(),
    problems: z.array(FieldProblem).optional(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;

/** What the gateway answers by itself, before the API is asked. */
export const GatewayProblem = z.object({ message: z.string() }).meta({ id: 'GatewayProblem' });
