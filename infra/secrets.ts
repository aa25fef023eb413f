/** The parameters that hold what connections keep secret: `<prefix>/<connection>/<kind>`. */
import { ArnFormat, type Stack } from 'aws-cdk-lib';
import type { SecretKind } from '../shared/connections/store.ts';

export interface Secrets {
  readonly prefix: string;
  /** Of one kind, of all connections. Nothing about KMS: SSM decrypts by its own key, aws/ssm, for whoever may read. */
  arnOf(kind: SecretKind): string;
  /** How cdk-nag names that wildcard. */
  findingOf(kind: SecretKind): string;
  readonly reason: string;
}

export function secretsOf(stack: Stack): Secrets {
  const prefix = `/tributary/${stack.stackName}/connections`;
  return {
    prefix,
    arnOf: (kind) =>
      stack.formatArn({
        service: 'ssm',
        resource: 'parameter',
        resourceName: `${prefix.slice(1)}/*/${kind}`,
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      }),
    findingOf: (kind) =>
      `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter${prefix}/*/${kind}]`,
    reason: 'Connections are added without a deployment; only their secrets of this one kind match.',
  };
}
