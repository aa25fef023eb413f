/** The parameters that hold the server keys of sources of events: `<prefix>/<source>`. */
import { ArnFormat, type Stack } from 'aws-cdk-lib';

export interface ServerKeyParameters {
  readonly prefix: string;
  /** Of all sources. Nothing about KMS: SSM decrypts by its own key, aws/ssm, for whoever may read. */
  readonly arn: string;
  /** For `wildcards` of a function that may read them. */
  readonly findings: Readonly<Record<string, string>>;
}

export function serverKeysOf(stack: Stack): ServerKeyParameters {
  const prefix = `/tributary/${stack.stackName}/sources`;
  const finding = `arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter${prefix}/*`;
  return {
    prefix,
    arn: stack.formatArn({
      service: 'ssm',
      resource: 'parameter',
      resourceName: `${prefix.slice(1)}/*`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    }),
    findings: {
      [`AwsSolutions-IAM5[Resource::${finding}]`]:
        'Sources are added without a deployment; only their server keys match.',
    },
  };
}
