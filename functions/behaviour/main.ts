import middy from '@middy/core';
import type { SQSEvent } from 'aws-lambda';
import { profilesLinker } from '../../shared/behaviour/link-profiles.ts';
import { dynamoVisitors, s3EventRows } from '../../shared/behaviour/store.ts';
import { dynamoCampaigns } from '../../shared/campaigns/store.ts';
import { ssmKeys } from '../../shared/identity/store.ts';
import { dynamoLanes } from '../../shared/lanes/store.ts';
import { createCarts } from '../../shared/push/carts.ts';
import { PushWork } from '../../shared/push/push-work.ts';
import type { ProfilesMessage } from '../../shared/queues/messages.ts';
import { sqsQueue } from '../../shared/queues/store.ts';
import { dynamoClient, sqsClient, ssmClient } from '../../shared/runtime/clients.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { BehaviourConfig } from './config.ts';
import { createBehaviour } from './handler.ts';

const config = readConfig(BehaviourConfig);
const telemetry = createTelemetry('behaviour');
const client = dynamoClient();
const keys = ssmKeys({ client: ssmClient(), name: config.IDENTITY_KEYS });
const rows = s3EventRows({ client: s3Client(), bucket: config.LAKE_BUCKET });
const queue = sqsQueue<ProfilesMessage>({ client: sqsClient(), url: config.PROFILES_QUEUE_URL });
const carts = createCarts({
  campaigns: dynamoCampaigns({ client, table: config.ENGAGEMENT_TABLE }),
  lanes: dynamoLanes({ client, table: config.OPERATIONS_TABLE, detail: PushWork }),
  clock: systemClock,
});

export const handler = middy(async (event: SQSEvent) => {
  const { guest, sealer } = await keys.load();
  const take = createBehaviour({
    rows,
    visitors: dynamoVisitors({ client, table: config.ENGAGEMENT_TABLE, sealer }),
    linker: profilesLinker(queue, sealer),
    carts,
    key: guest,
    clock: systemClock,
    telemetry,
  });
  return take(event);
}).use(observed(telemetry));
