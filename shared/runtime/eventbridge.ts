/** Apart from clients.ts, as S3's is: only one function tells events. */
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { common } from './clients.ts';

export const eventBridgeClient = (): EventBridgeClient => new EventBridgeClient(common);
