/**
 * A network whose only way out has one fixed address, for platforms that answer only addresses they were told of. Off unless
 * asked for: the NAT gateway costs about $33 a month and $0.045 a GB, its address $3.60 more, busy or idle. S3 and DynamoDB are
 * reached by gateway endpoints, which are free; SQS, SSM and the platforms through the gateway.
 */
import { RemovalPolicy } from 'aws-cdk-lib';
import {
  CfnEIP,
  FlowLogDestination,
  FlowLogTrafficType,
  GatewayVpcEndpointAwsService,
  type IVpc,
  NatProvider,
  SecurityGroup,
  SubnetType,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Network } from './defaults/function.ts';
import type { Settings } from './settings.ts';

export class FixedAddress extends Construct {
  readonly address: string;
  readonly network: Network;

  constructor(scope: Construct, id: string, { logRetentionDays, production }: Settings) {
    super(scope, id);
    const elasticIp = new CfnEIP(this, 'Address', { domain: 'vpc' });
    // The cast: the classes of CDK miss their own interfaces under exactOptionalPropertyTypes.
    const vpc = new Vpc(this, 'Vpc', {
      // Two zones for the function, one gateway for both: should its zone fail, fetches wait.
      maxAzs: 2,
      natGateways: 1,
      natGatewayProvider: NatProvider.gateway({ eipAllocationIds: [elasticIp.attrAllocationId] }),
      subnetConfiguration: [
        { name: 'Gateway', subnetType: SubnetType.PUBLIC, mapPublicIpOnLaunch: false, cidrMask: 28 },
        { name: 'Function', subnetType: SubnetType.PRIVATE_WITH_EGRESS, cidrMask: 24 },
      ],
      gatewayEndpoints: {
        S3: { service: GatewayVpcEndpointAwsService.S3 },
        DynamoDb: { service: GatewayVpcEndpointAwsService.DYNAMODB },
      },
      flowLogs: {
        Rejected: {
          trafficType: FlowLogTrafficType.REJECT,
          destination: FlowLogDestination.toCloudWatchLogs(
            new LogGroup(this, 'FlowLogs', {
              retention: logRetentionDays,
              removalPolicy: production ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
            }),
          ),
        },
      },
    }) as IVpc;
    const securityGroup = new SecurityGroup(this, 'SecurityGroup', { vpc, description: 'Hydrate: out only' });
    this.address = elasticIp.attrPublicIp;
    this.network = { vpc, vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS }, securityGroups: [securityGroup] };
  }
}
