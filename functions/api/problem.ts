/** From what went wrong to what is answered. Nothing of an unexpected error's own text goes out. */
import { type FieldProblem, PROBLEM_TYPE, type Problem } from '../../shared/api/problem.ts';
import { Conflict, isPassing, NotFound } from '../../shared/runtime/errors.ts';

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  428: 'Precondition Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export interface ProblemOptions {
  readonly problems?: readonly FieldProblem[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by whoever finds that the answer is a problem. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;
  readonly code: string;
  readonly options: ProblemOptions;

  constructor(status: number, code: string, detail: string, options: ProblemOptions = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.options = options;
  }
}

const RETRY_SECONDS = 1;

/** What is expected as such; all else is a defect of ours, or a fault that passes. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof NotFound) return new Refusal(404, error.code, error.message);
  if (error instanceof Conflict) return new Refusal(409, error.code, error.message);
  if (isPassing(error)) {
    return new Refusal(503, 'unavailable', 'What this needs can not be reached now. Try again in a moment.', {
      headers: { 'retry-after': String(RETRY_SECONDS) },
    });
  }
  return new Refusal(500, 'unexpected', 'Something went wrong here. Tell an operator the requestId.');
}

export function problemResponse({ status, code, message, options }: Refusal, requestId: string): Response {
  const { problems, headers } = options;
  const body: Problem = {
    type: 'about:blank',
    title: TITLES[status] ?? 'Problem',
    status,
    code,
    detail: message,
    requestId,
    ...(problems && { problems: [...problems] }),
  };
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': PROBLEM_TYPE, ...headers } });
}
