/** What is paid for while nothing happens: counted in the stack's template, at the prices of docs/cost.md, for a month of 30 days. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { readSettings } from '../../infra/settings.ts';
import { TributaryStack } from '../../infra/tributary-stack.ts';
import type { Row } from './measure.ts';

const MINUTES = 30 * 24 * 60;
/** Lambda keeps so many polls of 20 seconds open at a queue. */
const POLLERS = 5;
const POLLS_A_MINUTE = 3;
const DOLLARS_A_REQUEST_OF_SQS = 0.4e-6;
const DOLLARS_AN_ALARM = 0.1;
/** Metrics that an alarm looks at count each. */
interface Alarm {
  readonly Properties: { readonly Metrics?: readonly { readonly MetricStat?: unknown }[] };
}

export function benchAtRest(): Row[] {
  const outdir = mkdtempSync(path.join(tmpdir(), 'tributary-bench-'));
  try {
    const settings = readSettings({}, {});
    const app = new App({ analyticsReporting: false, outdir, context: { 'aws:cdk:bundling-stacks': [] } });
    const template = Template.fromStack(new TributaryStack(app, settings.stack, settings));
    const found = (type: string, props?: unknown) => Object.values(template.findResources(type, props));
    const polled = found('AWS::Lambda::EventSourceMapping').filter(
      ({ Properties }) => Properties.StartingPosition === undefined,
    ).length;
    // The cast: as CloudFormation writes alarms.
    const alarms = (found('AWS::CloudWatch::Alarm') as Alarm[]).reduce(
      (sum, { Properties: { Metrics = [] } }) => sum + Math.max(1, Metrics.filter((one) => one.MetricStat).length),
      0,
    );
    const runs = found('AWS::Scheduler::Schedule').map(({ Properties }) =>
      runsOf(String(Properties.ScheduleExpression)),
    );
    const polls = polled * POLLERS * POLLS_A_MINUTE * MINUTES;
    const dollars = (value: number) => Math.round(value * 100) / 100;
    return [
      { name: 'queues that functions poll', value: polled, unit: '' },
      { name: 'polling them', value: dollars(polls * DOLLARS_A_REQUEST_OF_SQS), unit: '$ a month' },
      { name: 'metrics that alarms look at', value: alarms, unit: '' },
      { name: 'those alarms', value: dollars(alarms * DOLLARS_AN_ALARM), unit: '$ a month' },
      { name: 'runs of schedules', value: runs.reduce((sum, some) => sum + some, 0), unit: 'a month' },
      {
        name: 'provisioned concurrency, NAT gateways, provisioned tables',
        value:
          found('AWS::EC2::NatGateway').length +
          found('AWS::DynamoDB::GlobalTable', { Properties: { BillingMode: 'PROVISIONED' } }).length +
          found('AWS::Lambda::Alias').filter(({ Properties }) => Properties.ProvisionedConcurrencyConfig).length,
        unit: '',
      },
    ];
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

/** In a month: `rate(5 minutes)`; one by a calendar at most once a day. */
function runsOf(expression: string): number {
  const [, count = '1', unit = 'day'] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  const minutes = { minute: 1, hour: 60, day: 24 * 60 }[unit] ?? 1;
  return MINUTES / (Number(count) * minutes);
}
