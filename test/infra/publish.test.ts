/** What is promised of events: told from the stream, in a way that nothing holds up and nothing is lost unseen. */
import { expect, it } from 'vitest';
import { functions, queues, synthesize, target } from './template.ts';

const { ofType, resources, outputs } = synthesize();
const stack = { ofType, resources, outputs };
const publish = functions(stack).get('publish');
const { lost } = queues(stack);

const [mapping, ...others] = ofType('AWS::Lambda::EventSourceMapping').filter(
  ({ Properties }) => target(Properties.FunctionName) === publish?.id,
);

it('publish follows the customers table, and of it only places', () => {
  expect(others).toEqual([]);
  expect(target(mapping?.Properties.EventSourceArn)).toMatch(/^TablesCustomers/);
  expect(mapping?.Properties.StartingPosition).toBe('TRIM_HORIZON');
  const Pattern = JSON.stringify({ dynamodb: { Keys: { sk: { S: ['place'] } } } });
  expect(mapping?.Properties.FilterCriteria).toEqual({ Filters: [{ Pattern }] });
});

it('a record that always fails is set aside, where an alarm rings', () => {
  expect(mapping?.Properties).toMatchObject({
    BatchSize: 100,
    BisectBatchOnFunctionError: true,
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    MaximumRetryAttempts: expect.any(Number),
    MaximumRecordAgeInSeconds: expect.any(Number),
  });
  expect(mapping?.Properties.MaximumRetryAttempts).toBeGreaterThan(0);
  // One at a time of a shard, so that one that dies repeats before the next goes on.
  expect(mapping?.Properties.ParallelizationFactor ?? 1).toBe(1);
  const [queue] = lost.filter(({ id }) => id.startsWith('PublishStage'));
  expect(target(Object(mapping?.Properties.DestinationConfig).OnFailure?.Destination)).toBe(queue?.id);
  expect(queue?.Properties.RedriveAllowPolicy).toEqual({ redrivePermission: 'denyAll' });
  const alarms = ofType('AWS::CloudWatch::Alarm').filter(({ Properties }) =>
    JSON.stringify(Properties).includes(`${queue?.id}`),
  );
  expect(alarms.map(({ Properties }) => [Properties.MetricName, Properties.Threshold])).toEqual([
    ['ApproximateNumberOfMessagesVisible', 0],
  ]);
});

it('an alarm rings where events fall behind, or the function fails', () => {
  const alarms = ofType('AWS::CloudWatch::Alarm').filter(({ Properties }) =>
    JSON.stringify(Properties.Dimensions ?? []).includes(`${publish?.id}`),
  );
  expect(alarms.map(({ Properties }) => Properties.MetricName).sort()).toEqual(['Errors', 'IteratorAge']);
});

it('writes history, members, deliveries and occurrences, and nothing else', () => {
  const role = target(publish?.Properties.Role);
  const puts = ofType('AWS::IAM::Policy')
    .filter(({ Properties }) => (Properties.Roles as unknown[]).some((it) => target(it) === role))
    .flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: Record<string, unknown>[] }).Statement)
    .filter(({ Action }) => JSON.stringify(Action).includes('dynamodb:PutItem'));
  expect(
    puts.map(({ Condition }) => (Condition as Record<string, Record<string, string[]>>)['ForAllValues:StringLike']),
  ).toEqual(
    ['history#*', 'members#*', 'lane#deliver/*', 'dead-letter#*', 'lane#push/*'].map((keys) => ({
      'dynamodb:LeadingKeys': [keys],
    })),
  );
});

it('has a bus of its own, and outputs that name it', () => {
  expect(ofType('AWS::Events::EventBus')).toHaveLength(1);
  expect(ofType('AWS::Events::Rule')).toEqual([]);
  expect(Object.keys(outputs)).toEqual(
    expect.arrayContaining(['BusName', 'PublishDeadLetterQueueUrl', 'PublishLogGroup']),
  );
});
