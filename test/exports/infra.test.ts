/** Files of exports are forgotten as they were asked to be; who writes them can write nothing else. */
import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, it } from 'vitest';
import { createAlarms } from '../../infra/defaults/alarms.ts';
import { ExportsStage } from '../../infra/exports-stage.ts';
import { identityKeysOf } from '../../infra/identity-keys.ts';
import { Lake } from '../../infra/lake.ts';
import { readSettings } from '../../infra/settings.ts';
import { Tables } from '../../infra/tables.ts';
import { ExportWishes } from '../../shared/exports/export.ts';
import { LEASE_MS } from '../../shared/exports/run-export.ts';
import { createApp } from '../infra/template.ts';

const settings = readSettings({}, {});
const stack = new Stack(createApp(), 'Exports');
const lake = new Lake(stack, 'Lake', settings).bucket;
const { customers, engagement } = new Tables(stack, 'Tables', settings);
const alarms = createAlarms(stack, settings);
new ExportsStage(stack, 'Exports', {
  settings,
  alarms,
  lake,
  customers,
  engagement,
  identityKeys: identityKeysOf(stack),
});
const template = Template.fromStack(stack);
const propertiesOf = (type: string) => Object.values(template.findResources(type)).map(({ Properties }) => Properties);

interface Rule {
  readonly Prefix?: string;
  readonly ExpirationInDays?: number;
  readonly NoncurrentVersionExpiration?: { readonly NoncurrentDays: number };
  readonly TagFilters?: readonly { readonly Key: string; readonly Value: string }[];
}

it('a file goes after as many days as were asked for, for good; nothing else in the lake does', () => {
  const rules = propertiesOf('AWS::S3::Bucket').flatMap(
    ({ LifecycleConfiguration }): Rule[] => LifecycleConfiguration.Rules,
  );
  const expiring = rules.filter(({ ExpirationInDays }) => ExpirationInDays !== undefined);
  expect(new Set(expiring.map(({ Prefix }) => Prefix))).toEqual(new Set(['exports/']));
  for (const keepDays of Array.from({ length: 40 }, (_, index) => index).filter(
    (days) => ExportWishes.safeParse({ keepDays: days }).success,
  )) {
    const tagged = expiring.filter(({ TagFilters = [] }) => TagFilters.some(({ Value }) => Value === String(keepDays)));
    expect(tagged.map(({ ExpirationInDays }) => ExpirationInDays)).toEqual([keepDays]);
  }
  const ofOlder = expiring.flatMap(
    ({ NoncurrentVersionExpiration }) => NoncurrentVersionExpiration?.NoncurrentDays ?? [],
  );
  expect(ofOlder).toEqual([1]);
});

it('a function that is still at it is not taken for dead', () => {
  const [fn] = propertiesOf('AWS::Lambda::Function');
  expect(fn?.Timeout * 1000).toBeLessThan(LEASE_MS);
  const [queue] = propertiesOf('AWS::SQS::Queue').filter(({ RedrivePolicy }) => RedrivePolicy);
  expect(queue?.VisibilityTimeout).toBeGreaterThan(fn?.Timeout);
  expect(propertiesOf('AWS::Lambda::EventSourceMapping')).toMatchObject([{ BatchSize: 1 }]);
});

it('writes records of exports and schedules, and files of exports, alone', () => {
  const statements = propertiesOf('AWS::IAM::Policy').flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
  const granting = (action: string) => statements.filter(({ Action }) => [Action].flat().includes(action));
  expect(granting('dynamodb:PutItem').map(({ Condition }) => Condition)).toEqual([
    { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['exports#*', 'export-schedules'] } },
  ]);
  expect(JSON.stringify(granting('s3:PutObject').map(({ Resource }) => Resource))).toContain('/exports/*');
  for (const action of [
    'dynamodb:DeleteItem',
    'dynamodb:UpdateItem',
    's3:GetObject',
    's3:DeleteObject',
    'ssm:PutParameter',
  ])
    expect(granting(action)).toEqual([]);
});
