/** cdk-nag finds nothing that was not meant, in a trial and in production; and it does look. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Stack, Validations } from 'aws-cdk-lib';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { readSettings } from '../../infra/settings.ts';
import { TributaryStack } from '../../infra/tributary-stack.ts';
import { createApp } from './template.ts';

const Report = z.object({
  pluginReports: z.array(z.object({ violations: z.array(z.object({ ruleName: z.string() })) })),
});

function findings(context: Record<string, unknown>, change: (stack: Stack) => unknown = () => {}): string[] {
  const app = createApp();
  const settings = readSettings(context, {});
  change(new TributaryStack(app, settings.stack, settings));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  const { directory } = app.synth(); // throws where a finding is an error; the report has the warnings too
  const report = Report.parse(JSON.parse(readFileSync(path.join(directory, 'validation-report.json'), 'utf8')));
  return report.pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName));
}

it.each([
  [{}],
  [{ 'tributary:production': true, 'tributary:alarmEmail': 'ops@example.com', 'tributary:provisionedConcurrency': 1 }],
  [{ 'tributary:fixedAddress': true }],
])('nothing unacknowledged with %j', (context) => {
  expect(findings(context)).toEqual([]);
});

it('would find a topic without TLS', () => {
  expect(() => findings({}, (stack) => new Topic(stack, 'Careless'))).toThrow('AwsSolutions-SNS3');
});
