/**
 * A new policy on the emulator: how long it takes until all profiles are decided by it. The functions, their queue, the table and
 * what tells of their changes share this machine's cores, so it says more of the machine than of AWS.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pMap from 'p-map';
import { deploy, localEnvironment } from '../../local/deploy.ts';
import { depth } from '../../local/deployed-demo.ts';
import { startEmulator } from '../../local/emulator/emulator.ts';
import { STATE_DIR } from '../../local/endpoints.ts';
import { dynamoDerivations } from '../../shared/derivations/store.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { ssmKeys } from '../../shared/identity/store.ts';
import { type CustomerStore, identifierKey } from '../../shared/profiles/customer.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import { dynamoCustomers } from '../../shared/profiles/store.ts';
import { updateCustomers } from '../../shared/profiles/update.ts';
import { dynamoHistory } from '../../shared/publish/store.ts';
import type { ProfilesMessage } from '../../shared/queues/messages.ts';
import { sqsQueue } from '../../shared/queues/store.ts';
import { dynamoClient, sqsClient, ssmClient } from '../../shared/runtime/clients.ts';
import { defaultPolicy } from '../../shared/tiers/default-policy.ts';
import { dynamoPolicies } from '../../shared/tiers/store.ts';
import { instant } from '../../shared/time/instant.ts';
import { bought, personaId, testRules } from '../profiles/people.ts';
import { memoryCustomers } from '../simulation/models/customers.ts';
import type { Row } from './measure.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const PATIENCE_MS = 30 * 60_000;
const PUTS_AT_ONCE = 8;
const LOOK_EVERY_MS = 1_000;

export async function benchRederive(count: number): Promise<Row[]> {
  const stateDir = `${STATE_DIR}/bench`;
  const emulator = await startEmulator({ stateDir, report: () => undefined });
  try {
    // More instances at once would only wait for the emulator, and time out.
    Object.assign(process.env, localEnvironment(emulator.endpoint), { TRIBUTARY_MAX_CONCURRENCY: '2' });
    const { outputs } = await deploy({ endpoint: emulator.endpoint, stateDir, report: () => undefined });
    const client = dynamoClient();
    const operations = { client, table: outputs.OperationsTable };
    const keys = await ssmKeys({ client: ssmClient(), name: outputs.IdentityKeysParameter }).load();
    const table = { client, table: outputs.CustomersTable };
    const customers = dynamoCustomers<StoredProfile>({ ...table, sealer: keys.sealer });
    const derivations = dynamoDerivations(operations);
    const queue = sqsQueue<ProfilesMessage>({ client: sqsClient(), url: outputs.ProfilesQueueUrl });
    const personas = Array.from({ length: count }, (_, index) => personaId(`shopify/bench/${index}`));

    const putMs = await timed(() =>
      pMap(personas, (persona) => put(persona, customers, outputs.ReportingCurrency), { concurrency: PUTS_AT_ONCE }),
    );
    // What tells of the new ones would run meanwhile.
    const history = dynamoHistory(table);
    const last = personas.at(-1);
    if (last) await until(async () => (await history.listHistory(last, 1)).items.length > 0);

    // The first sweep notes by what they are derived.
    await queue.send({ sweep: true });
    await until(async () => (await derivations.getDerivation()) !== undefined);
    const policy = { ...defaultPolicy({ currency: outputs.ReportingCurrency }), version: 2, name: 'bench' };
    await dynamoPolicies(operations).putPolicy({ policy, by: 'bench', at: instant(Date.now()) });
    await queue.send({ sweep: true });
    const sentMs = Date.now();
    let run = '';
    await until(async () => {
      run = (await derivations.getDerivation())?.run ?? '';
      return run !== '';
    });
    await until(async () => (await derivations.listProgress(run)).length > 0);
    const firstMs = Date.now();
    await until(async () => {
      const progress = await derivations.listProgress(run);
      return progress.length > 0 && progress.every(({ finishedAt }) => finishedAt) && sum(progress) >= count;
    });
    const listedMs = Date.now() - firstMs;
    await until(async () => (await depth(sqsClient(), outputs.ProfilesQueueUrl)) === 0);
    const derivedMs = Date.now() - firstMs;
    const profiles = await customers.getProfiles(personas);
    const decided = profiles.filter(({ profile }) => profile?.tier.policyVersion === policy.version).length;
    const perSecond = (decided / derivedMs) * 1000;
    return [
      { name: 'customers put', value: count, unit: '' },
      { name: 'of them decided by the new policy', value: decided, unit: '' },
      { name: 'puts', value: Math.round((count / putMs) * 1000), unit: 'customers/s' },
      { name: 'until the run began, as caches must expire', value: Math.round((firstMs - sentMs) / 1000), unit: 's' },
      { name: 'all listed', value: Math.round(listedMs / 1000), unit: 's' },
      { name: 'all derived', value: Math.round(derivedMs / 1000), unit: 's' },
      { name: 'derived', value: Math.round(perSecond * 10) / 10, unit: 'customers/s' },
      { name: 'a million would take', value: Math.round((1e6 / perSecond / 3600) * 10) / 10, unit: 'hours' },
    ];
  } finally {
    await emulator.stop();
  }
}

const sum = (progress: readonly { readonly seen: number }[]): number =>
  progress.reduce((all, { seen }) => all + seen, 0);

/** Three orders of one month, as they are stored once derived; made in memory, so that the emulator has only to keep them. */
async function put(persona: PersonaId, customers: CustomerStore<StoredProfile>, currency: string): Promise<void> {
  const scratch = memoryCustomers<StoredProfile>();
  const number = Number(persona.split('/').at(-1));
  // No window's edge falls on these for some days, so that nothing is due while it is measured.
  const entries = [22, 20, 18].map((daysAgo) =>
    bought({
      by: persona,
      at: instant(Date.now() - daysAgo * DAY_MS - number * 1000),
      minor: 5_000 + (number % 500) * 1_000,
      identifiers: { phone: `+86139${10_000_000 + number}` },
    }),
  );
  const occasion = { now: instant(Date.now()), cause: 'live' as const };
  await updateCustomers({ entries }, scratch, testRules(scratch, currency), occasion);
  const { months } = await scratch.getContent(persona);
  const place = await scratch.getPlace(persona);
  if (!place) throw new Error('No profile was made.');
  for (const { type, hash } of entries[0]?.content?.identifiers ?? [])
    await customers.putHolder(identifierKey({ type, hash }), persona);
  for (const month of months) await customers.putMonth(month, 0);
  await customers.putPlaces([{ place, seenRevision: 0 }]);
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('It took too long.');
    await sleep(LOOK_EVERY_MS);
  }
}

async function timed(run: () => Promise<unknown>): Promise<number> {
  const startedMs = Date.now();
  await run();
  return Date.now() - startedMs;
}
