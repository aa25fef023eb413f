/** The HTTP API of the deployment, for commands: where it is, with which token, and when a request is worth repeating. */
import { randomUUID } from 'node:crypto';
import { ApiProblem, type Client, createClient } from '../shared/api/client.ts';
import type { Route } from '../shared/api/route.ts';
import { explainProblem } from './api-problem.ts';
import { apiUrlOf } from './deployment.ts';
import { CliError, networkCode } from './errors.ts';
import { languageOf } from './language.ts';
import { note } from './output.ts';
import type { Globals, Session } from './session.ts';
import type { World } from './world.ts';

/** Its failures are CliErrors, to be shown as they are. */
export type Api = Client;

export async function apiFor({ world }: Session, globals: Globals): Promise<Api> {
  const place = await findApi(world, globals.stack);
  const token = readToken(world, place);
  const client = createClient({ baseUrl: place.baseUrl, token, fetch: world.fetch });
  // The options a route takes are checked where the command calls it; here it is passed on, whatever route it is.
  const call: Client['call'] = async (route, ...[input]) => {
    // The casts: what a route takes is an object, and may have a key where the route says so.
    const given = { ...(input as object | undefined), ...keyFor(route) } as typeof input & object;
    for (let tries = 1; ; tries++) {
      try {
        return await client.call(route, given);
      } catch (error) {
        if (!(error instanceof ApiProblem)) throw error;
        const waitSeconds = tries < TRIES ? worthWaiting(error, route) : undefined;
        if (waitSeconds === undefined)
          throw explainProblem(error, { route, ...place, ...about(given), language: languageOf(undefined, world) });
        if (!globals.json && waitSeconds > 1) note(world, `the API asks to wait for ${waitSeconds} s`);
        await world.sleep(waitSeconds * 1_000);
      }
    }
  };
  return { call };
}

/** What a request is about, by its path: hints name it. */
const about = (given: { readonly params?: { readonly id?: string } }) =>
  given.params?.id === undefined ? {} : { id: given.params.id };

/** For the help of groups of commands. */
export const API_HELP = [
  'Uses the HTTP API, with the bearer token TRIBUTARY_TOKEN; the local deployment has one of its own.',
  'Who has a token but no AWS credentials names the API by TRIBUTARY_API_URL, in place of --stack.',
].join('\n');

/** What is not there is an answer, too. */
export async function unlessMissing<T>(answer: Promise<T>, code: string): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isMissing(error, code)) return undefined;
    throw error;
  }
}

export const isMissing = (error: unknown, code: string): boolean => error instanceof CliError && error.code === code;

interface Place {
  readonly baseUrl: string;
  /** Where it is, to a person. */
  readonly of: string;
  /** Of a local deployment: its own token. */
  readonly localToken?: string;
}

async function findApi({ env, locate, describe }: World, stack: string | undefined): Promise<Place> {
  const given = env.TRIBUTARY_API_URL;
  if (given && stack === undefined) return { baseUrl: readBase(given), of: 'TRIBUTARY_API_URL' };
  const site = await locate(stack);
  const isLocal = site.kind === 'local';
  const baseUrl = apiUrlOf(site, isLocal ? {} : (await describe(site)).outputs);
  const of = isLocal ? 'the local deployment' : `stack ${site.stack}`;
  if (baseUrl !== undefined)
    return { baseUrl: readBase(baseUrl), of, ...(site.token !== undefined && { localToken: site.token }) };
  throw new CliError(
    'no_api',
    isLocal
      ? 'The local deployment has no HTTP API. Start this version of it again with `npm start`.'
      : `Stack ${site.stack} has no HTTP API. It has one as soon as it knows whose tokens to take: deploy it again with \`npx cdk deploy -c tributary:apiIssuer=https://YOUR-ISSUER\` (infra/settings.ts says more).`,
  );
}

/** Its paths begin with a slash. */
const readBase = (url: string): string => url.replace(/\/+$/, '');

function readToken({ env }: Pick<World, 'env'>, { of, localToken }: Place): string {
  const token = (env.TRIBUTARY_TOKEN ?? '').trim().replace(/^Bearer\s+/i, '') || localToken;
  if (token === undefined) {
    throw new CliError(
      'token_missing',
      `The API of ${of} wants a bearer token. Get one from the issuer that the stack was deployed with (apiIssuer), with the role reader, marketer or operator, and set TRIBUTARY_TOKEN to it.`,
    );
  }
  // In a header it would fail as if the network did.
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new CliError('token_invalid', 'TRIBUTARY_TOKEN is no token: it has spaces, or characters that no token has.');
}

/** Under one key a request is done once, however often it is sent. */
const keyFor = ({ idempotencyKey }: Route) => (idempotencyKey ? { idempotencyKey: randomUUID() } : {});

const TRIES = 4;
/** Longer than that nobody waits without being asked. */
const LONGEST_WAIT_SECONDS = 30;
/** It may have been done, and the answer was lost. */
const BROKEN = new Set(['ECONNRESET', 'UND_ERR_SOCKET']);

/** Seconds to wait before the request is sent again; undefined: it would not help, or might do it twice. */
function worthWaiting(problem: ApiProblem, { method, idempotencyKey }: Route): number | undefined {
  const { status, code, retryAfterSeconds = 1 } = problem;
  const isRepeatable = method === 'GET' || idempotencyKey === true;
  const isPassing =
    status === 503 || code === 'idempotency_in_flight' || (status === 0 && BROKEN.has(networkCode(problem) ?? ''));
  // What is told to slow down was not begun.
  const helps = status === 429 || (isPassing && isRepeatable);
  return helps && retryAfterSeconds <= LONGEST_WAIT_SECONDS ? retryAfterSeconds : undefined;
}
