/** The stack as CloudFormation gets it; and the questions that the promises ask of it. */
import { mkdtempSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { inject } from 'vitest';
import { readSettings, type Settings } from '../../infra/settings.ts';
import { TributaryStack } from '../../infra/tributary-stack.ts';

export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
}

const { context: flags } = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../cdk.json'), 'utf8'));

/** As when stacks are only listed: what is fetched for a deployment (infra/defaults/duckdb.ts) is not fetched for a template. */
const context = { ...flags, 'aws:cdk:bundling-stacks': [] };

export const createApp = (): App =>
  new App({ context, analyticsReporting: false, outdir: mkdtempSync(path.join(inject('assemblies'), 'cdk.out-')) });

export function synthesize(context: Readonly<Record<string, unknown>> = {}) {
  const settings: Settings = readSettings(context, {});
  const app = createApp();
  const stack = new TributaryStack(app, settings.stack, settings);
  const template = Template.fromStack(stack).toJSON();
  const resources: Record<string, Resource> = template.Resources;
  const ofType = (type: string) =>
    Object.entries(resources).flatMap(([id, resource]) => (resource.Type === type ? [{ id, ...resource }] : []));
  return { resources, ofType, outputs: template.Outputs as Record<string, unknown> };
}

export type Synthesized = ReturnType<typeof synthesize>;

/** The logical id that `{Ref}` or `{Fn::GetAtt}` leads to. */
export function target(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if ('Ref' in value) return String(value.Ref);
  if ('Fn::GetAtt' in value && Array.isArray(value['Fn::GetAtt'])) return String(value['Fn::GetAtt'][0]);
  return undefined;
}

/** The product's functions by the name of their folder, which their log groups and roles share a construct with. */
export function functions({ ofType }: Synthesized) {
  return new Map(
    ofType('AWS::Lambda::Function').map((fn) => [fn.id.replace(/Stage.*/, '').toLowerCase(), fn] as const),
  );
}

/** All queues; `dead` are the dead-letter queues of other queues, `lost` those of streams alone, `live` those that a function reads. */
export function queues({ ofType }: Synthesized) {
  const all = ofType('AWS::SQS::Queue').map((queue) => ({
    ...queue,
    deadLetters: target(
      (queue.Properties.RedrivePolicy as { deadLetterTargetArn?: unknown } | undefined)?.deadLetterTargetArn,
    ),
  }));
  const dead = new Set(all.flatMap(({ deadLetters }) => deadLetters ?? []));
  const given = new Set(
    ofType('AWS::Lambda::EventSourceMapping').map(({ Properties }) => {
      const { DestinationConfig } = Properties as { DestinationConfig?: { OnFailure: { Destination: unknown } } };
      return target(DestinationConfig?.OnFailure.Destination);
    }),
  );
  const others = all.filter(({ id }) => !dead.has(id));
  return { all, dead, live: others.filter(({ id }) => !given.has(id)), lost: others.filter(({ id }) => given.has(id)) };
}
