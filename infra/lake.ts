/** The lake: every webhook as it came (`raw/`), what is too large for an order's item (`orders/`), and files that people asked for (`exports/`). */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption, type LifecycleRule, StorageClass } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { EXPORTS_PREFIX, KEEP_DAYS_MOST, KEEP_DAYS_TAG } from '../shared/exports/export-files.ts';
import { RAW_PREFIX } from '../shared/lake/object-key.ts';
import { acknowledge } from './defaults/acknowledge.ts';
import type { Settings } from './settings.ts';

export class Lake extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, { coolAfterDays }: Settings) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      // Nothing here is meant to be overwritten with other content or deleted: what is, by mistake, can be had back.
      versioned: true,
      lifecycleRules: [
        { abortIncompleteMultipartUploadAfter: Duration.days(7) },
        { noncurrentVersionExpiration: Duration.days(30), expiredObjectDeleteMarker: true },
        ...exportsAreForgotten(),
        ...(coolAfterDays > 0
          ? [
              {
                prefix: RAW_PREFIX,
                // Smaller objects stay: Infrequent Access bills 128 KB for each.
                objectSizeGreaterThan: 128 * 1024,
                transitions: [
                  { storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(coolAfterDays) },
                ],
              },
            ]
          : []),
      ],
      // Kept in every stage: all else can be rebuilt from the lake, the lake from nothing. So no function of CDK's own
      // that empties buckets is deployed either; `aws s3 rb --force` ends a trial's.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    acknowledge(this.bucket, {
      'AwsSolutions-S1':
        'Only the roles of this stack may read or write. Access logs would cost more requests than the lake itself; who needs an audit turns on CloudTrail data events.',
      'CloudFormation-Validate::W9003':
        'CDK writes a size as a number where the schema has a string; CloudFormation takes both.',
    });
  }
}

/** As their tag says, and for good: people are in them. Of several rules about an object S3 does what is soonest. */
function exportsAreForgotten(): LifecycleRule[] {
  const prefix = EXPORTS_PREFIX;
  const keptFor = Array.from({ length: KEEP_DAYS_MOST }, (_, index) => index + 1);
  return [
    { prefix, expiration: Duration.days(KEEP_DAYS_MOST), noncurrentVersionExpiration: Duration.days(1) },
    ...keptFor.map((days) => ({
      prefix,
      tagFilters: { [KEEP_DAYS_TAG]: String(days) },
      expiration: Duration.days(days),
    })),
  ];
}
