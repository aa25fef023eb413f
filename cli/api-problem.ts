/** What the API refused, as a message for a person: what is wrong and where, and what to do about it. */
import type { ApiProblem } from '../shared/api/client.ts';
import type { FieldProblem } from '../shared/api/problem.ts';
import type { Route } from '../shared/api/route.ts';
import type { Language } from '../shared/tiers/reasons.ts';
import { CliError, networkCode, UsageError } from './errors.ts';

export interface Asked {
  readonly route: Pick<Route, 'method' | 'path' | 'role'>;
  readonly baseUrl: string;
  /** The deployment, to a person. */
  readonly of: string;
  /** What the request was about. */
  readonly id?: string;
  /** Set where the deployment has a token of its own. */
  readonly localToken?: string;
  /** In which problems of fields are told, where they are told in both. */
  readonly language: Language;
}

export function explainProblem(problem: ApiProblem, asked: Asked): CliError {
  const { status, code, problems, detail } = problem;
  const told = (message: string, as = code) => new CliError(as, message, { cause: problem });
  if (status === 0) return told(unreachable(problem, asked));
  if (problems.length > 0) {
    const [only] = problems;
    const isSaid = problems.length === 1 && only?.message === detail;
    const lines = isSaid ? '' : linesOf(problems, asked.language);
    return new UsageError(`${detail.replace(/: see problems\.$/, ':')}${lines}`, code);
  }
  switch (status) {
    case 400:
      return new UsageError(detail, code);
    case 401:
      return told(untrusted(asked), 'token_refused');
    case 403:
      return told(`${roleOf(problem, asked)} Set TRIBUTARY_TOKEN to a token that has it.`);
    case 404:
      return told(isNoRoute(code) ? unknownRoute(asked) : withHint(problem, asked));
    case 429:
      return told(`${detail} ${tryAgain(problem)}`);
    case 503:
      return told(`${detail} See \`tributary doctor\` if that lasts.`);
    case 500:
      return told(`The API failed at ${routeOf(asked)}. ${inLogs(problem)}`);
    default:
      return told(withHint(problem, asked));
  }
}

/** `/when/all/0/field: There is no …`, and below it what may stand there where the sentence does not say it. */
function linesOf(problems: readonly FieldProblem[], language: Language): string {
  return problems
    .map(({ in: where, at, message, zh, valid = [] }) => {
      const place = where === 'body' ? at || '(the whole)' : `${where} ${at}`;
      const sentence = (language === 'zh' && zh) || message;
      const unsaid = valid.some((one) => !sentence.includes(one));
      return `\n  ${place}: ${sentence}${unsaid ? `\n    valid: ${shortened(valid)}` : ''}`;
    })
    .join('');
}

const VALID_SHOWN = 20;
const shortened = (names: readonly string[]): string =>
  `${names.slice(0, VALID_SHOWN).join(', ')}${names.length > VALID_SHOWN ? ', …' : ''}`;

function unreachable(problem: ApiProblem, { baseUrl, of, localToken }: Asked): string {
  const failure = networkCode(problem);
  const advice = localToken === undefined ? 'Check the address and your network.' : 'Is it running? `npm start` does.';
  return `The API of ${of} (${baseUrl}) does not answer${failure === undefined ? '' : ` (${failure})`}. ${advice}`;
}

const untrusted = ({ of, localToken }: Asked): string =>
  localToken === undefined
    ? `The API of ${of} does not take the token: it has expired, or is of another issuer. Get a new one and set TRIBUTARY_TOKEN to it.`
    : 'The local API does not take the token. If TRIBUTARY_TOKEN is set, unset it: the local deployment has a token of its own.';

/** The gateway's own answer does not say it. */
const roleOf = ({ code, detail }: ApiProblem, { route: { role } }: Asked): string =>
  code === 'role_missing' ? detail : `This needs the role ${role}.`;

/** What the API, and the gateway before it, say of addresses that they do not know. */
const isNoRoute = (code: string): boolean => code === 'route_unknown' || code === 'http_404';

const unknownRoute = (asked: Asked): string =>
  `The API of ${asked.of} does not know ${routeOf(asked)}. Is the deployment of this version? \`npx cdk deploy\` brings it up to date.`;

const routeOf = ({ route: { method, path } }: Asked): string => `${method} ${path}`;

const tryAgain = ({ retryAfterSeconds }: ApiProblem): string =>
  retryAfterSeconds === undefined ? 'Try again in a moment.' : `Try again in ${retryAfterSeconds} s.`;

const inLogs = ({ requestId }: ApiProblem): string =>
  requestId === undefined
    ? "See the api function's log."
    : `Its log says why: look there for the request ${requestId}.`;

/** Commands that the next step is made with. */
const HINTS: Readonly<Record<string, string>> = {
  segment_not_found: '`tributary segments` lists those there are.',
  segment_archived: '`tributary segment restore ID` takes that back.',
  export_not_found: '`tributary segment exports SEGMENT` lists those there are.',
  product_not_found: '`tributary catalogue` lists those there are.',
  subscriber_not_found: '`tributary subscribers` lists those there are.',
  subscriber_exists: 'Choose another id, or look at it: `tributary subscribers show ID`.',
  subscriber_paused: '`tributary subscribers resume ID` does that.',
  subscriber_gave_up: '`tributary subscribers resume ID` does that.',
  dead_letter_not_found: '`tributary subscribers dead-letters ID` lists those there are.',
  revision_changed: 'Look at it, then run the command again.',
  subscriber_changed: 'Then run the command again.',
};

function withHint({ code, detail }: ApiProblem, { id = 'ID' }: Asked): string {
  const hint = HINTS[code]?.replace(/\bID\b/, () => id);
  return hint === undefined ? detail : `${detail} ${hint}`;
}
