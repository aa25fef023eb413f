/** The scheduled look at the population: who starts it, when, and what is heard of it. */
import { describe, expect, it } from 'vitest';
import { functions, type Resource, synthesize, target } from './template.ts';

const trial = synthesize();
const fn = functions(trial).get('population');

interface Statement {
  readonly Action: string;
  readonly Resource: unknown;
}
const statementsOf = ({ Properties }: Resource) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement;

describe('the population', () => {
  const [schedule, ...others] = trial
    .ofType('AWS::Scheduler::Schedule')
    .filter(({ Properties }) => target((Properties.Target as { Arn: unknown }).Arn) === fn?.id);
  const { RoleArn, Input, RetryPolicy } = (schedule?.Properties.Target ?? {}) as Record<string, unknown>;

  it('is looked at once a day, by one schedule, which does not try again', () => {
    expect(others).toEqual([]);
    expect(schedule?.Properties.ScheduleExpression).toBe('cron(17 19 * * ? *)');
    expect(JSON.parse(String(Input))).toEqual({ force: false });
    expect(RetryPolicy).toMatchObject({ MaximumRetryAttempts: 0 });
    expect(fn?.Properties).toMatchObject({ Timeout: 900, MemorySize: 1024 });
  });

  it('is looked at by a role that may do nothing else, and that no other account may take', () => {
    const policies = trial
      .ofType('AWS::IAM::Policy')
      .filter(({ Properties }) => (Properties.Roles as unknown[]).some((role) => target(role) === target(RoleArn)));
    const granted = policies.flatMap(statementsOf).map(({ Action, Resource }) => [Action, Resource]);
    expect(granted).toEqual([['lambda:InvokeFunction', { 'Fn::GetAtt': [fn?.id, 'Arn'] }]]);
    const role = trial.resources[`${target(RoleArn)}`];
    expect(JSON.stringify(role?.Properties.AssumeRolePolicyDocument)).toContain('"aws:SourceAccount"');
  });

  it('has an alarm when it fails, and one for each thing that should have been renewed and was not', () => {
    const alarms = trial.ofType('AWS::CloudWatch::Alarm').map(({ Properties }) => ({
      metric: Properties.MetricName,
      of: (Properties.Dimensions as { Value: unknown }[]).map(({ Value }) => target(Value) ?? Value),
    }));
    expect(alarms).toContainEqual({ metric: 'Errors', of: [fn?.id] });
    const events = alarms.flatMap(({ metric, of }) => (metric === 'notRenewed' ? [of] : []));
    expect(events.map((of) => of.toSorted())).toEqual([
      ['population', 'survey'],
      ['model', 'population'],
      ['policy', 'population'],
    ]);
  });
});
