/** What every function has in common: how it is bundled, what it may do, how it logs. */
import { type Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { type PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  Code,
  type FunctionOptions,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Settings } from '../settings.ts';
import { acknowledge } from './acknowledge.ts';
import { bundle } from './bundle.ts';
import { allow } from './permissions.ts';

export type Network = Required<Pick<FunctionOptions, 'vpc' | 'vpcSubnets' | 'securityGroups'>>;

export interface FunctionProps {
  /** The folder in functions/. */
  readonly name: string;
  /** Where it shares its code with others, or brings more than that: else it is bundled by its name. */
  readonly code?: { readonly code: Code; readonly handler: string };
  readonly timeout: Duration;
  readonly memoryMiB: number;
  /** Room in /tmp, if not 512. */
  readonly diskMiB?: number;
  /** Instances at once that no other function may have, and that this one may not exceed. */
  readonly reservedConcurrency?: number;
  /** Checked by the function's config.ts when it starts. */
  readonly environment: Readonly<Record<string, string>>;
  /** All it may do, besides logs and traces. */
  readonly permissions: readonly PolicyStatement[];
  /** Prefixes of the bucket's keys in `permissions`, each with the reason why nothing is narrower. */
  readonly keysOf: { readonly bucket: Bucket; readonly prefixes: Readonly<Record<string, string>> };
  /** Where it runs, if not in Lambda's own network. */
  readonly network?: Network;
  /** cdk-nag's names of other wildcards in `permissions`, likewise. */
  readonly wildcards?: Readonly<Record<string, string>>;
}

/** What Lambda does, with the function's role, to have it in a network. */
const NETWORK_ACTIONS = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

export function createFunction(scope: Construct, settings: Settings, props: FunctionProps): LambdaFunction {
  const { name, timeout, memoryMiB, environment, permissions, keysOf, wildcards, network } = props;
  const { code, handler } = props.code ?? { code: Code.fromAsset(bundle(name)), handler: 'index.handler' };
  const { diskMiB, reservedConcurrency } = props;
  const logGroup = new LogGroup(scope, 'Logs', {
    retention: settings.logRetentionDays,
    removalPolicy: settings.production ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
  // A role of its own, for the one CDK makes may write to every log group of the account.
  const role = new Role(scope, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const fn = new LambdaFunction(scope, 'Function', {
    code,
    handler,
    runtime: Runtime.NODEJS_24_X,
    architecture: settings.architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
    role,
    timeout,
    memorySize: memoryMiB,
    ...(diskMiB !== undefined && { ephemeralStorageSize: Size.mebibytes(diskMiB) }),
    ...(reservedConcurrency !== undefined && { reservedConcurrentExecutions: reservedConcurrency }),
    environment: { ...environment },
    logGroup,
    loggingFormat: LoggingFormat.JSON,
    // WARN leaves out the platform's START, END and REPORT lines: they cost more than what the functions write.
    systemLogLevelV2: SystemLogLevel.WARN,
    applicationLogLevelV2: ApplicationLogLevel.INFO, // metrics travel as lines of this level
    tracing: Tracing.ACTIVE,
    ...network,
  });
  role.addToPolicy(allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn));
  if (network) role.addToPolicy(allow(NETWORK_ACTIONS, '*'));
  for (const statement of permissions) role.addToPolicy(statement);
  acknowledge(role, {
    'AwsSolutions-IAM5[Resource::*]':
      'X-Ray has no resources to name (xray:PutTraceSegments, PutTelemetryRecords), nor have network interfaces before they are made.',
    ...keyFindings(keysOf),
    ...wildcards,
  });
  return fn;
}

function keyFindings({ bucket, prefixes }: FunctionProps['keysOf']): Record<string, string> {
  const { logicalId } = bucket.node.defaultChild as CfnBucket;
  const name = Stack.of(bucket).resolve(logicalId);
  return Object.fromEntries(
    Object.entries(prefixes).map(([prefix, reason]) => [
      `AwsSolutions-IAM5[Resource::<${name}.Arn>/${prefix}*]`,
      reason,
    ]),
  );
}
