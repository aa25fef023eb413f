/**
 * Once a day: all customers → a model of how they buy, and the numbers that stand for the policy's percentiles. Both are put as
 * versions beside those there are; that profiles are then derived anew is the business of the sweep in `functions/profiles`.
 */
import type { Context } from 'aws-lambda';
import * as z from 'zod';
import { isModelDue, isPolicyDue, isSameModel, modelVersion } from '../../shared/population/due.ts';
import { type Sample, type Survey, type SurveyDependencies, survey } from '../../shared/population/survey.ts';
import { INDEX_SHARDS } from '../../shared/profiles/customer.ts';
import { Conflict } from '../../shared/runtime/errors.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { basisAt } from '../../shared/tiers/basis.ts';
import { fitModel } from '../../shared/tiers/clv/fit.ts';
import type { Model } from '../../shared/tiers/clv/model.ts';
import type { ModelStore } from '../../shared/tiers/clv/model-store.ts';
import { resolvePercentiles } from '../../shared/tiers/percentiles.ts';
import type { Policy } from '../../shared/tiers/policy.ts';
import type { PolicyStore } from '../../shared/tiers/policy-store.ts';
import { versionsAt } from '../../shared/tiers/versions.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';

export interface PopulationDependencies extends SurveyDependencies {
  readonly policies: Pick<PolicyStore, 'listPolicies' | 'putPolicy'>;
  readonly models: Pick<ModelStore, 'latestModel' | 'putModel'>;
  readonly reportingCurrency: string;
  readonly telemetry: Telemetry;
}

/** `force`: for a person who does not want to wait for the week to pass. */
const PopulationEvent = z.object({ force: z.boolean().default(false) });
type PopulationEvent = z.infer<typeof PopulationEvent>;

/** Who put a version, where it was not a person. */
const BY_SCHEDULE = 'schedule';

/** Left for fitting, a second per 100,000 customers on half a processor, and for putting. */
const FIT_MS = 120_000;

/** For whoever calls it by hand: what came of it, or why nothing did. */
export interface Report {
  readonly surveyed: number;
  readonly model: Outcome;
  readonly policy: Outcome;
}
export type Outcome = { readonly put: string } | { readonly kept: string };

export function createPopulation(dependencies: PopulationDependencies) {
  const { telemetry } = dependencies;
  return async (event: unknown, context: Pick<Context, 'getRemainingTimeInMillis'>): Promise<Report> => {
    const report = await look(PopulationEvent.parse(event ?? {}), context, dependencies);
    const told = (outcome: Outcome) => ('put' in outcome ? outcome.put : `kept: ${outcome.kept}`);
    const { surveyed, model, policy } = report;
    telemetry.info('Population looked at', { surveyed, model: told(model), policy: told(policy) });
    return report;
  };
}

async function look(
  { force }: PopulationEvent,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
  dependencies: PopulationDependencies,
): Promise<Report> {
  const { policies, models, reportingCurrency, clock, telemetry } = dependencies;
  const startedMs = clock().getTime();
  const at = instant(startedMs);
  const [stored, latest] = await Promise.all([policies.listPolicies(), models.latestModel()]);
  const basis = basisAt(stored, latest, at, reportingCurrency);
  const modelDue = isModelDue(latest, reportingCurrency, { at, force });
  const policyDue = isPolicyDue(versionsAt(stored, at, reportingCurrency), { at, force });
  const keptPolicy = { kept: policyDue.kind === 'due' ? 'not_surveyed' : policyDue.why };
  if (!modelDue && policyDue.kind !== 'due') return { surveyed: 0, model: { kept: 'recent' }, policy: keptPolicy };

  const deadlineMs = startedMs + context.getRemainingTimeInMillis() - FIT_MS;
  const found = await survey({ policy: basis.policy, at, reportingCurrency, deadlineMs }, dependencies);
  telemetry.measure('surveyed', found.read, { event: 'survey' });
  const { sample } = found;
  if (!sample) {
    alarm('survey', 'Not even a part of the population could be read in time', { read: found.read }, telemetry);
    return { surveyed: 0, model: { kept: 'not_surveyed' }, policy: keptPolicy };
  }
  const fitted = modelDue ? await renewModel(sample, latest, at, dependencies) : { kept: 'recent' };
  const model = 'model' in fitted ? fitted.model : basis.model;
  const policy =
    policyDue.kind === 'due' ? await renewPolicy(basis.policy, { sample, found, model, at }, dependencies) : keptPolicy;
  return {
    surveyed: sample.customers,
    model: 'model' in fitted ? { put: fitted.model.version } : fitted,
    policy,
  };
}

async function renewModel(
  sample: Sample,
  latest: Model | undefined,
  at: Instant,
  { models, reportingCurrency, telemetry }: PopulationDependencies,
): Promise<{ readonly model: Model } | { readonly kept: string }> {
  const version = modelVersion(at, latest);
  const fit = fitModel(sample.population(), { version, fittedAt: at, currency: reportingCurrency });
  if (fit.kind === 'refused') {
    const { code, seen, expected } = fit;
    telemetry.info('No model could be fitted, the one in use stays', { code, seen, expected });
    return { kept: code };
  }
  const { model } = fit;
  if (latest && isSameModel(model, latest)) return { kept: 'same_parameters' };
  if (latest?.gammaGamma && latest.currency === reportingCurrency && !model.gammaGamma) {
    // Every customer would lose the predicted value.
    alarm('model', 'The new model knows no values, the one in use stays', { code: 'no_values' }, telemetry);
    return { kept: 'no_values' };
  }
  await models.putModel(model);
  telemetry.measure('renewed', 1, { event: 'model' });
  return { model };
}

/** What the next version of the policy follows from. */
interface Findings {
  readonly sample: Sample;
  readonly found: Survey;
  readonly model: Model;
  readonly at: Instant;
}

async function renewPolicy(
  inForce: Policy,
  { sample, found, model, at }: Findings,
  { policies, telemetry }: PopulationDependencies,
): Promise<Outcome> {
  const resolution = resolvePercentiles(inForce, sample.statistics(model));
  if (resolution.kind === 'unchanged') return { kept: resolution.why };
  if (resolution.kind === 'refused') {
    const fields = { code: 'policy_refused', version: inForce.version, problems: resolution.problems };
    alarm('policy', "The population's numbers make no policy, the one in force stays", fields, telemetry);
    return { kept: 'policy_refused' };
  }
  const { policy } = resolution;
  try {
    await policies.putPolicy({ policy, by: BY_SCHEDULE, at, why: whyOf(sample, found, at) });
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    // Another was put meanwhile: whether that one is to be resolved is a question for tomorrow.
    return { kept: error.code };
  }
  telemetry.measure('renewed', 1, { event: 'policy' });
  return { put: String(policy.version) };
}

/** In the words that the history of the policy shows. */
function whyOf(sample: Sample, { shards }: Survey, at: Instant): string {
  const part = shards < INDEX_SHARDS ? `, ${shards} of ${INDEX_SHARDS} parts of all` : '';
  return `percentiles of ${sample.customers} customers${part}, ${at.slice(0, 10)}`;
}

/** Nobody is harmed: what is in use stays. But it stays until somebody looks. */
function alarm(
  event: 'survey' | 'model' | 'policy',
  message: string,
  fields: Parameters<Telemetry['warn']>[1],
  telemetry: Telemetry,
): void {
  telemetry.warn(message, fields);
  telemetry.measure('notRenewed', 1, { event });
}
