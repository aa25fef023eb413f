/** SecureString parameters that are put while the stack runs, one by one: `<prefix>/<name>`. */
import { ArnFormat, type Stack } from 'aws-cdk-lib';

export interface SecretParameters {
  readonly prefix: string;
  /** Of all of them. Nothing about KMS: SSM decrypts by its own key, aws/ssm, for whoever may read. */
  readonly arn: string;
  /** For `wildcards` of a function that may read or write them. */
  readonly findings: Readonly<Record<string, string>>;
}

/** `reason`: why a function has to be let at all of them. */
function secretParameters(stack: Stack, folder: string, reason: string): SecretParameters {
  const prefix = `/tributary/${stack.stackName}/${folder}`;
  const finding = `arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter${prefix}/*`;
  return {
    prefix,
    arn: stack.formatArn({
      service: 'ssm',
      resource: 'parameter',
      resourceName: `${prefix.slice(1)}/*`,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    }),
    findings: { [`AwsSolutions-IAM5[Resource::${finding}]`]: reason },
  };
}

/** What messages to subscribers are signed with, by subscriber. */
export const signingSecretsOf = (stack: Stack): SecretParameters =>
  secretParameters(
    stack,
    'subscribers',
    'Subscribers are added without a deployment; only their signing secrets match.',
  );

/** The server keys of sources of events, by source. */
export const serverKeysOf = (stack: Stack): SecretParameters =>
  secretParameters(stack, 'sources', 'Sources are added without a deployment; only their server keys match.');

/** What accounts at providers of push messages are opened with, by provider. */
export const pushCredentialsOf = (stack: Stack): SecretParameters =>
  secretParameters(
    stack,
    'push',
    'Accounts at providers are given without a deployment; only their credentials match.',
  );
