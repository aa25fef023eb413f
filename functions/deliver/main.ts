import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import middy from '@middy/core';
import { dynamoLanes } from '../../shared/lanes/store.ts';
import { sqsQueue } from '../../shared/queues/store.ts';
import { dynamoClient, sqsClient, ssmClient } from '../../shared/runtime/clients.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { Message } from '../../shared/subscribers/message.ts';
import { createSender, systemResolve } from '../../shared/subscribers/send.ts';
import { dynamoDeadLetters, dynamoSubscribers, ssmSigningSecrets } from '../../shared/subscribers/store.ts';
import { DeliverConfig } from './config.ts';
import { createDeliver } from './handler.ts';

const config = readConfig(DeliverConfig);
const telemetry = createTelemetry('deliver');
const client = dynamoClient();
const engagement = { client, table: config.ENGAGEMENT_TABLE };

export const handler = middy(
  createDeliver({
    subscribers: dynamoSubscribers(engagement),
    deadLetters: dynamoDeadLetters(engagement),
    secrets: ssmSigningSecrets({ client: ssmClient(), prefix: config.SIGNING_SECRETS_PREFIX }),
    lanes: dynamoLanes({ client, table: config.OPERATIONS_TABLE, detail: Message }),
    wakes: sqsQueue({ client: sqsClient(), url: config.DELIVER_QUEUE_URL }),
    send: createSender({ hosts: config.WEBHOOK_HOSTS, resolve: systemResolve }),
    clock: systemClock,
    sleep,
    random: Math.random,
    newHolder: randomUUID,
    telemetry,
  }),
).use(observed(telemetry));
