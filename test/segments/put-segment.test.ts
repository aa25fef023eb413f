/** Why a version could not be put: another was first, or the table did not take it just then. */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { expect, test } from 'vitest';
import type { SegmentVersion } from '../../shared/segments/definition.ts';
import { dynamoSegments } from '../../shared/segments/store.ts';
import { instant } from '../../shared/time/instant.ts';
import { answeringClient } from '../answering-client.ts';

const VERSION: SegmentVersion = {
  id: 'sleeping',
  name: 'Sleeping',
  when: { field: 'orders', atLeast: 1 },
  version: 1,
  revision: 1,
  isArchived: false,
  by: 'a marketer',
  at: instant(0),
};

test.each([
  ['ConditionalCheckFailed', 'Conflict'],
  ['TransactionConflict', 'Conflict'],
  ['ThrottlingError', 'TransactionCanceledException'],
  ['ValidationError', 'TransactionCanceledException'],
])('%s: %s', async (code, name) => {
  const CancellationReasons = [{ Code: 'None' }, { Code: code }, { Code: 'None' }];
  const client = answeringClient(() => {
    throw new TransactionCanceledException({ $metadata: {}, message: 'cancelled', CancellationReasons });
  });
  const store = dynamoSegments({ client, table: 'engagement' });
  await expect(store.putSegment(VERSION)).rejects.toMatchObject({ name });
});
