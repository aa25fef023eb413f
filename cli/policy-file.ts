/** A tier policy as typed into a file → one that may be put; or each thing that is wrong with it, with its place. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Policy, type PolicyProblem, readPolicy } from '../shared/tiers/policy.ts';
import { CliError, UsageError } from './errors.ts';
import type { World } from './world.ts';

/** Fields as in the file, none of them checked but that they are fields. */
export type PolicyFields = Readonly<Record<string, unknown>>;

/** `file`: a path, or - for stdin. */
export async function readPolicyFields(
  file: string,
  { cwd, readStdin }: Pick<World, 'cwd' | 'readStdin'>,
): Promise<PolicyFields> {
  const text = file === '-' ? await readStdin() : await readText(path.resolve(cwd, file), file);
  const source = sourceName(file);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${source} is no JSON: ${error instanceof Error ? error.message : String(error)}.`, INVALID);
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return { ...json };
  throw new UsageError(`${source} holds no policy, which is a JSON object. docs/tiers.md shows one.`, INVALID);
}

/** As messages call it. */
export const sourceName = (file: string): string => (file === '-' ? 'stdin' : file);

/** In the currency that everybody's amounts are in: in another one no test of an amount could ever pass. */
export function checkPolicy(fields: PolicyFields, source: string, reportingCurrency: string): Policy {
  const read = readPolicy(fields);
  if (read.kind === 'refused') throw refusal(source, read.problems);
  const { policy } = read;
  if (policy.currency === reportingCurrency) return policy;
  const message = `${reportingCurrency}, the reporting currency of this deployment`;
  throw refusal(source, [{ path: 'currency', message }]);
}

const INVALID = 'policy_invalid';

function refusal(source: string, problems: readonly PolicyProblem[]): UsageError {
  const told = problems.map((problem) => `\n  ${problem.path || '(the whole)'}: ${problem.message}`);
  return new UsageError(`${source} is no policy that can be meant:${told.join('')}`, INVALID);
}

async function readText(place: string, file: string): Promise<string> {
  try {
    return await readFile(place, 'utf8');
  } catch (error) {
    throw new CliError('policy_file_unreadable', `The file ${file} could not be read.`, { cause: error });
  }
}
