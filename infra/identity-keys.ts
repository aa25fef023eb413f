/** The parameter that holds the keys of identity. CloudFormation cannot make a SecureString: the first function that needs it does. */
import { ArnFormat, type Stack } from 'aws-cdk-lib';

export interface IdentityKeys {
  readonly parameterName: string;
  /** Nothing about KMS: SSM decrypts by its own key, aws/ssm, for whoever may read. */
  readonly arn: string;
}

export function identityKeysOf(stack: Stack): IdentityKeys {
  const parameterName = `/tributary/${stack.stackName}/identity/keys`;
  const arn = stack.formatArn({
    service: 'ssm',
    resource: 'parameter',
    resourceName: parameterName.slice(1),
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
  return { parameterName, arn };
}
