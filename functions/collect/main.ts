import middy from '@middy/core';
import type { CollectedEvents } from '../../shared/behaviour/collected.ts';
import { sqsQueue } from '../../shared/queues/store.ts';
import { dynamoClient, sqsClient, ssmClient } from '../../shared/runtime/clients.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { sourceDirectory } from '../../shared/sources/directory.ts';
import { dynamoSources, ssmServerKeys } from '../../shared/sources/store.ts';
import { CollectConfig } from './config.ts';
import { createCollect } from './handler.ts';

const config = readConfig(CollectConfig);
const telemetry = createTelemetry('collect');
const { listSources } = dynamoSources({ client: dynamoClient(), table: config.OPERATIONS_TABLE });
const { getServerKeys } = ssmServerKeys({ client: ssmClient(), prefix: config.SERVER_KEYS_PREFIX });

export const handler = middy(
  createCollect({
    sources: sourceDirectory({ listSources, getServerKeys }, systemClock),
    queue: sqsQueue<CollectedEvents>({ client: sqsClient(), url: config.BEHAVIOUR_QUEUE_URL }),
    clock: systemClock,
    telemetry,
  }),
).use(observed(telemetry));
