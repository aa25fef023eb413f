/** A function as the target of a schedule, invoked by a role that may do nothing else. */
import { Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LambdaInvoke, type ScheduleTargetBaseProps } from 'aws-cdk-lib/aws-scheduler-targets';
import type { Construct } from 'constructs';
import { allow } from './permissions.ts';

export class InvokeFunction extends LambdaInvoke {
  constructor(scope: Construct, fn: IFunction, props: Omit<ScheduleTargetBaseProps, 'role'>) {
    super(fn, { ...props, role: invoker(scope, fn) });
  }
}

/** As the target would make it, but for `:*` at the end of the function's name, which it would add: we have no versions. */
function invoker(scope: Construct, fn: IFunction) {
  const role = new Role(scope, 'Invoker', {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  });
  role.addToPolicy(allow(['lambda:InvokeFunction'], fn.functionArn));
  return role.withoutPolicyUpdates();
}
