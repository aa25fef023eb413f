import middy from '@middy/core';
import { ssmKeys } from '../../shared/identity/store.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { dynamoCustomers } from '../../shared/profiles/store.ts';
import { dynamoClient, ssmClient } from '../../shared/runtime/clients.ts';
import { systemClock } from '../../shared/runtime/clock.ts';
import { readConfig } from '../../shared/runtime/config.ts';
import { Defect } from '../../shared/runtime/errors.ts';
import { observed } from '../../shared/runtime/middleware.ts';
import { createTelemetry } from '../../shared/runtime/powertools.ts';
import { s3Client } from '../../shared/runtime/s3.ts';
import { s3Recordings, s3Rows } from '../../shared/snapshots/store.ts';
import { RecordAllConfig } from './config.ts';
import { createRecordAll } from './handler.ts';

const config = readConfig(RecordAllConfig);
const telemetry = createTelemetry('record-all');
const keys = ssmKeys({ client: ssmClient(), name: config.IDENTITY_KEYS });
const lake = { client: s3Client(), bucket: config.LAKE_BUCKET };
const table = { client: dynamoClient(), table: config.CUSTOMERS_TABLE };

const refuse = (): never => {
  throw new Defect('keys_not_loaded', 'Something sealed was met before the keys of identity were asked for.');
};
// Names of profiles are not sealed. Keys are asked for with the first profile: before it nobody has made them, and this function may not.
const { listRoots } = dynamoCustomers<StoredProfile>({ ...table, sealer: { seal: refuse, open: refuse } });
const opened = async () => dynamoCustomers<StoredProfile>({ ...table, sealer: (await keys.load()).sealer });

export const handler = middy(
  createRecordAll({
    customers: {
      listRoots,
      getProfiles: async (personas) => (personas.length === 0 ? [] : (await opened()).getProfiles(personas)),
      getPlace: async (persona) => (await opened()).getPlace(persona),
      getContent: async (persona) => (await opened()).getContent(persona),
    },
    rows: s3Rows(lake),
    recordings: s3Recordings(lake),
    clock: systemClock,
    telemetry,
  }),
).use(observed(telemetry));
