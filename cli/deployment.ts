/**
 * Which deployment is meant: the local one, as `.local/endpoints.json` (or TRIBUTARY_ENDPOINTS) says, or with `--stack`
 * one on AWS. Finding it needs no network, opening it does.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { CliError } from './errors.ts';
import { type Deployment, NeededOutputs, type Site, type StackDescription, type World } from './world.ts';

export const REPOSITORY = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');

const START = 'Start it with `npm start`, or name a stack on AWS with --stack.';

const Endpoints = z.object({
  webhookUrl: z.string().nullable(),
  apiUrl: z.string().nullable().default(null),
  awsEndpoint: z.string().nullable(),
  region: z.string().min(1),
  stack: z.string().min(1),
  token: z.string().nullable().default(null),
});

export async function locate({
  stack,
  env,
}: {
  readonly stack: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}): Promise<Site> {
  if (stack !== undefined) {
    const endpoint = env.AWS_ENDPOINT_URL;
    const region = env.AWS_REGION ?? env.AWS_DEFAULT_REGION;
    return { kind: 'aws', stack, ...(endpoint && { endpoint }), ...(region && { region }) };
  }
  const file = env.TRIBUTARY_ENDPOINTS || path.join(REPOSITORY, '.local', 'endpoints.json');
  const {
    webhookUrl,
    apiUrl,
    awsEndpoint,
    token,
    region,
    stack: name,
  } = parseEndpoints(await readEndpoints(file), file);
  if (awsEndpoint === null) {
    throw new CliError(
      'local_in_process',
      `The local deployment runs in one process and can't be reached from outside. ${START}`,
    );
  }
  return {
    kind: 'local',
    stack: name,
    region,
    endpoint: awsEndpoint,
    ...(webhookUrl !== null && { webhookUrl }),
    ...(apiUrl !== null && { apiUrl }),
    ...(token !== null && { token }),
  };
}

async function readEndpoints(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CliError('no_local_deployment', `No local deployment is running (there is no ${file}). ${START}`, {
      cause: error,
    });
  }
}

function parseEndpoints(text: string, file: string): z.infer<typeof Endpoints> {
  try {
    return Endpoints.parse(JSON.parse(text));
  } catch (error) {
    throw new CliError('endpoints_invalid', `${file} is not what a local deployment writes. ${START}`, {
      cause: error,
    });
  }
}

/** The names of outputs that a complete stack would have. An emulator's addresses are known from its endpoints instead. */
export const missingOutputs = (site: Site, description: StackDescription): string[] => {
  const outputs = outputsOf(site, description);
  return Object.keys(NeededOutputs.shape).filter((name) => !outputs[name]);
};

export function readOutputs(site: Site, description: StackDescription): NeededOutputs {
  const missing = missingOutputs(site, description);
  if (missing.length > 0) {
    const message = `Stack ${site.stack} lacks the outputs ${missing.join(', ')}. Deploy this version again with \`npx cdk deploy\`.`;
    throw new CliError('stack_incomplete', message);
  }
  return NeededOutputs.parse(outputsOf(site, description));
}

const outputsOf = (
  { kind, webhookUrl, apiUrl = NO_API }: Site,
  { outputs }: StackDescription,
): Readonly<Record<string, string>> => ({
  ...(webhookUrl !== undefined && { WebhookBaseUrl: webhookUrl }),
  ...(kind === 'local' && { ApiUrl: apiUrl }),
  ...outputs,
});

/** What the output says where no API is deployed. */
const NO_API = 'none';

/** Undefined where the deployment has no API. */
export function apiUrlOf({ kind, apiUrl }: Site, outputs: Readonly<Record<string, string>>): string | undefined {
  const known = kind === 'local' ? apiUrl : outputs.ApiUrl;
  return known === NO_API || known === '' ? undefined : known;
}

export async function reachDeployment(world: World, stack: string | undefined): Promise<Deployment> {
  const site = await world.locate(stack);
  return world.open(site, readOutputs(site, await world.describe(site)));
}
