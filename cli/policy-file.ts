/** A tier policy as typed into a file → one that may be put; or each thing that is wrong with it, with its place. */
import { type Policy, type PolicyProblem, readPolicy } from '../shared/tiers/policy.ts';
import { UsageError } from './errors.ts';
import { type JsonFields, readJsonFields } from './json-file.ts';
import type { World } from './world.ts';

/** Fields as in the file, none of them checked but that they are fields. */
export type PolicyFields = JsonFields;

/** `file`: a path, or - for stdin. */
export const readPolicyFields = (file: string, world: Pick<World, 'cwd' | 'readStdin'>): Promise<PolicyFields> =>
  readJsonFields(file, { what: 'policy', shownIn: 'docs/tiers.md' }, world);

/** In the currency that everybody's amounts are in: in another one no test of an amount could ever pass. */
export function checkPolicy(fields: PolicyFields, source: string, reportingCurrency: string): Policy {
  const read = readPolicy(fields);
  if (read.kind === 'refused') throw refusal(source, read.problems);
  const { policy } = read;
  if (policy.currency === reportingCurrency) return policy;
  const message = `${reportingCurrency}, the reporting currency of this deployment`;
  throw refusal(source, [{ path: 'currency', message }]);
}

function refusal(source: string, problems: readonly PolicyProblem[]): UsageError {
  const told = problems.map((problem) => `\n  ${problem.path || '(the whole)'}: ${problem.message}`);
  return new UsageError(`${source} is no policy that can be meant:${told.join('')}`, 'policy_invalid');
}
