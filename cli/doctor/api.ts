/** Whether the HTTP API answers, is of this version, and lets no stranger in. */
import { ApiProblem, createClient } from '../../shared/api/client.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { apiUrlOf } from '../deployment.ts';
import type { Deployment, World } from '../world.ts';
import { bad, ok, type Verdict, warn } from './check.ts';

const DEPLOY = 'Deploy this version again: npx cdk deploy.';

export async function judgeApi({ site, outputs }: Deployment, { fetch }: Pick<World, 'fetch'>): Promise<Verdict> {
  const baseUrl = apiUrlOf(site, outputs);
  if (baseUrl === undefined)
    return ok('No HTTP API is deployed: the setting apiIssuer, whose tokens it is to take, turns it on.');
  // Without a token: what is asked is open to anyone, or must be refused.
  const stranger = createClient({ baseUrl, fetch });
  const missing = await missingRoutes(() => stranger.call(ROUTES.getOpenApi));
  if (typeof missing === 'string')
    return bad(`${baseUrl} ${missing}.`, "See the api function's log, and check that the address is right.");
  if (missing.length > 0) return warn(`The API does not know ${missing.join(', ')}.`, DEPLOY);
  const status = await statusOf(() => stranger.call(ROUTES.listSegments));
  if (status === 401 || status === 403) return ok(`${baseUrl} answers, and refuses strangers with ${status}.`);
  return bad(`A request without a token was answered ${status}, not 401.`, DEPLOY);
}

type Look = () => Promise<{ readonly [field: string]: unknown }>;

/** Those that this version has, and its document has not; or why it could not be had. */
async function missingRoutes(look: Look): Promise<readonly string[] | string> {
  try {
    const { paths } = await look();
    const known = typeof paths === 'object' && paths !== null ? paths : {};
    return [...new Set(Object.values(ROUTES).map(({ path }) => path))].filter((path) => !Object.hasOwn(known, path));
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    if (error.status === 0) return 'does not answer';
    return error.status === 200 ? 'has no OpenAPI document' : `answers ${error.status} for /openapi.json`;
  }
}

async function statusOf(look: Look): Promise<number> {
  try {
    await look();
    return 200;
  } catch (error) {
    if (error instanceof ApiProblem) return error.status;
    throw error;
  }
}
