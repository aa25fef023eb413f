/** The models of the simulation keep the same contracts as the stores on AWS. */
import { describe, expect, it } from 'vitest';
import { packOrder } from '../../shared/orders/item.ts';
import { createMemoryTokenCache } from '../../shared/senders/token-cache.ts';
import { memoryAudit, memoryIdempotency } from '../simulation/models/api.ts';
import { memoryConnections, memoryHealth, memorySecrets } from '../simulation/models/connections.ts';
import { memoryCustomers } from '../simulation/models/customers.ts';
import { memoryDerivations } from '../simulation/models/derivations.ts';
import { memoryExportFiles, memoryExports } from '../simulation/models/exports.ts';
import { memoryHistory } from '../simulation/models/history.ts';
import { memoryLake } from '../simulation/models/lake.ts';
import { memoryLanes } from '../simulation/models/lanes.ts';
import { memoryLinking } from '../simulation/models/linking.ts';
import { memoryOrders } from '../simulation/models/orders.ts';
import { memoryProducts } from '../simulation/models/products.ts';
import { memoryAttributedOrders, memoryResults } from '../simulation/models/proof.ts';
import {
  memoryCampaigns,
  memoryCampaignTests,
  memoryContactLogs,
  memoryDevices,
  memoryRuns,
  memorySendRecords,
  memorySuppressions,
  memoryVisitorConsents,
} from '../simulation/models/push.ts';
import { memoryQuarantine } from '../simulation/models/quarantine.ts';
import { memoryQueue } from '../simulation/models/queue.ts';
import { memoryRates } from '../simulation/models/rates.ts';
import { memoryRecommendations } from '../simulation/models/recommendations.ts';
import { memoryMemberships, memorySegments } from '../simulation/models/segments.ts';
import { memoryServerKeys, memorySources } from '../simulation/models/sources.ts';
import { memoryDeadLetters, memorySigningSecrets, memorySubscribers } from '../simulation/models/subscribers.ts';
import { memoryModels, memoryPolicies } from '../simulation/models/tiers.ts';
import { realTime } from '../simulation/models/time.ts';
import { memoryVisitors } from '../simulation/models/visitors.ts';
import { auditLogContract, idempotencyStoreContract } from './contracts/api.ts';
import { connectionStoreContract, healthStoreContract, secretStoreContract } from './contracts/connections.ts';
import { customerStoreContract } from './contracts/customers.ts';
import { derivationStoreContract } from './contracts/derivations.ts';
import { exportFilesContract, exportStoreContract } from './contracts/exports.ts';
import { historyStoreContract } from './contracts/history.ts';
import { lakeContract } from './contracts/lake.ts';
import { laneStoreContract } from './contracts/lanes.ts';
import { linkingStoreContract } from './contracts/linking.ts';
import { orderStoreContract } from './contracts/order-store.ts';
import { productStoreContract } from './contracts/products.ts';
import { attributedOrderStoreContract, resultStoreContract } from './contracts/proof.ts';
import {
  campaignStoreContract,
  campaignTestStoreContract,
  contactLogStoreContract,
  deviceStoreContract,
  runStoreContract,
  sendRecordStoreContract,
  suppressionListContract,
  tokenCacheContract,
  visitorConsentStoreContract,
} from './contracts/push.ts';
import { quarantineContract } from './contracts/quarantine.ts';
import { queueContract } from './contracts/queue.ts';
import { rateStoreContract } from './contracts/rates.ts';
import { rowStoreContract, versionStoreContract } from './contracts/recommendations.ts';
import { newOrder, orderUpdates, partsOf } from './contracts/samples.ts';
import { membershipStoreContract, segmentStoreContract } from './contracts/segments.ts';
import { serverKeyStoreContract, sourceStoreContract } from './contracts/sources.ts';
import {
  deadLetterStoreContract,
  signingSecretStoreContract,
  subscriberStoreContract,
} from './contracts/subscribers.ts';
import { modelStoreContract, policyStoreContract } from './contracts/tiers.ts';
import { visitorStoreContract } from './contracts/visitors.ts';

orderStoreContract('in memory', async () => memoryOrders());
quarantineContract('in memory', async () => memoryQuarantine(), { beyondOnePage: true });
connectionStoreContract('in memory', async () => memoryConnections());
secretStoreContract('in memory', async () => memorySecrets());
healthStoreContract('in memory', async () => memoryHealth());
linkingStoreContract('in memory', async () => memoryLinking());
rateStoreContract('in memory', async () => memoryRates());
policyStoreContract('in memory', async () => memoryPolicies());
modelStoreContract('in memory', async () => memoryModels());
segmentStoreContract('in memory', async () => memorySegments());
membershipStoreContract('in memory', async () => memoryMemberships());
productStoreContract('in memory', async () => memoryProducts());
campaignStoreContract('in memory', async () => memoryCampaigns());
deviceStoreContract('in memory', async () => memoryDevices());
visitorConsentStoreContract('in memory', async () => memoryVisitorConsents());
suppressionListContract('in memory', async () => memorySuppressions('a key'));
campaignTestStoreContract('in memory', async () => memoryCampaignTests());
tokenCacheContract('in memory', async () => {
  let nowMs = Date.UTC(2026, 10, 24, 10);
  return {
    tokens: createMemoryTokenCache(() => new Date(nowMs)),
    later: (ms) => {
      nowMs += ms;
    },
  };
});
contactLogStoreContract('in memory', async () => memoryContactLogs());
sendRecordStoreContract('in memory', async () => memorySendRecords());
runStoreContract('in memory', async () => memoryRuns());
resultStoreContract('in memory', async () => memoryResults());
attributedOrderStoreContract('in memory', async () => memoryAttributedOrders());
versionStoreContract('in memory', async () => memoryRecommendations());
rowStoreContract('in memory', async () => memoryRecommendations());
subscriberStoreContract('in memory', async () => memorySubscribers());
deadLetterStoreContract('in memory', async () => memoryDeadLetters());
signingSecretStoreContract('in memory', async () => memorySigningSecrets());
idempotencyStoreContract('in memory', async () => memoryIdempotency());
auditLogContract('in memory', async () => memoryAudit());
sourceStoreContract('in memory', async () => memorySources());
serverKeyStoreContract('in memory', async () => memoryServerKeys());
visitorStoreContract('in memory', async () => memoryVisitors());
customerStoreContract('in memory', async () => memoryCustomers());
derivationStoreContract('in memory', async () => memoryDerivations());
laneStoreContract('in memory', async () => memoryLanes());
historyStoreContract('in memory', async () => memoryHistory());
lakeContract('in memory', async () => memoryLake());
exportStoreContract('in memory', async () => memoryExports());
exportFilesContract('in memory', async () => {
  const store = memoryExportFiles();
  return { files: store, read: async (key) => store.files.get(key)?.content };
});
queueContract('in memory', async () => {
  const queue = memoryQueue({ name: 'inbox', time: realTime, visibilityTimeoutMs: 30_000, maxReceiveCount: 5 });
  return {
    queue,
    async receive() {
      const [message] = queue.receive(1);
      if (message) queue.delete(message.receiptHandle);
      return message?.body;
    },
  };
});

describe('order item', () => {
  it('of a typical order of two lines is at most 2 KB', () => {
    const updates = orderUpdates(
      (parts) => parts.single.lines?.value.length === 2 && Object.keys(parts.refunds).length === 0,
    );
    const { key, revision, cause, parts } = newOrder({ parts: partsOf(updates) });
    const bytes = Buffer.byteLength(JSON.stringify({ key, revision, cause, ...packOrder(parts) }));
    expect(bytes).toBeLessThanOrEqual(2048);
  });
});
