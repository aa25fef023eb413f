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
import { dynamoModels, dynamoPolicies } from '../../shared/tiers/store.ts';
import { PopulationConfig } from './config.ts';
import { createPopulation } from './handler.ts';

const config = readConfig(PopulationConfig);
const telemetry = createTelemetry('population');
const client = dynamoClient();
const operations = { client, table: config.OPERATIONS_TABLE };
const keys = ssmKeys({ client: ssmClient(), name: config.IDENTITY_KEYS });

const refuse = (): never => {
  throw new Defect('keys_not_loaded', 'Something sealed was met before the keys of identity were asked for.');
};
const customers = { client, table: config.CUSTOMERS_TABLE };
// Names of profiles are not sealed. Keys are asked for with the first profile: before it nobody has made them, and this function may not.
const { listRoots } = dynamoCustomers<StoredProfile>({ ...customers, sealer: { seal: refuse, open: refuse } });

export const handler = middy(
  createPopulation({
    customers: {
      listRoots,
      async getProfiles(personas) {
        const { sealer } = await keys.load();
        return dynamoCustomers<StoredProfile>({ ...customers, sealer }).getProfiles(personas);
      },
    },
    policies: dynamoPolicies(operations),
    models: dynamoModels(operations),
    reportingCurrency: config.REPORTING_CURRENCY,
    clock: systemClock,
    telemetry,
  }),
).use(observed(telemetry));
