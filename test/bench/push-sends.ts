/**
 * Messages a second through the push errand and the real sender to FCM's model, which runs in a process of its own. Stores are in memory,
 * so what tables take is not in it; what it takes to ask them is in push-units.ts. Three times as many messages as a lane has at once
 * are sent beforehand.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pMap from 'p-map';
import { idleLane } from '../../shared/lanes/lane.ts';
import { type Device, ownerOf } from '../../shared/push/device.ts';
import { openPush, PUSH_LIMITS } from '../../shared/push/errand.ts';
import { pushParty } from '../../shared/push/push-work.ts';
import { readCredentials } from '../../shared/senders/credentials.ts';
import { createFcmSender } from '../../shared/senders/fcm/sender.ts';
import type { Sender } from '../../shared/senders/sender.ts';
import { createMemoryTokenCache } from '../../shared/senders/token-cache.ts';
import { instant } from '../../shared/time/instant.ts';
import { KEYS } from '../profiles/people.ts';
import { startFcm } from '../providers/fcm.ts';
import { memoryCustomers } from '../simulation/models/customers.ts';
import { memoryLanes } from '../simulation/models/lanes.ts';
import { memoryProducts } from '../simulation/models/products.ts';
import {
  memoryCampaigns,
  memoryContactLogs,
  memoryDevices,
  memorySendRecords,
  memorySuppressions,
  memoryVisitorConsents,
} from '../simulation/models/push.ts';
import { memoryRecommendations } from '../simulation/models/recommendations.ts';
import { memoryVisitors } from '../simulation/models/visitors.ts';
import { median, type Row } from './measure.ts';
import { clock, dependenciesOf, fill, OWN, type PushStores, workOf } from './push-world.ts';

const CUSTOMERS = 1_000;
const ROUNDS = 5;
const AT_ONCE = PUSH_LIMITS.atOnce;

export async function benchPushSends(): Promise<Row[]> {
  const provider = await startProvider();
  const sender = senderOf(provider.credentials);
  try {
    const stores = memoryStores();
    await fill(stores, CUSTOMERS);
    const told = { events: 0 };
    const dependencies = dependenciesOf(stores, async () => sender, told);
    const opening = {
      pace: async () => undefined,
      deadline: clock().getTime() + 3_600_000,
      health: idleLane(pushParty(OWN.id)).health,
    };
    /** Each round of other customers, as caps let nobody be sent to as often. */
    const numbers = (round: number) =>
      Array.from({ length: CUSTOMERS / (ROUNDS + 1) }, (_, nth) => Math.floor(CUSTOMERS / (ROUNDS + 1)) * round + nth);
    const ways = {
      posted: (some: readonly number[]) => post(provider, some),
      sent: (some: readonly number[]) =>
        pMap(some, (number) => sender.send([outgoing(number)]), { concurrency: AT_ONCE }),
      performed: async (some: readonly number[]) => {
        const errand = await openPush(OWN.id, opening, dependencies);
        const outcomes = await pMap(some, (number) => errand.perform(workOf(number)), { concurrency: AT_ONCE });
        if (!outcomes.every(({ kind }) => kind === 'done')) throw new Error('Some were not sent.');
      },
    };
    const rates = { posted: [] as number[], sent: [] as number[], performed: [] as number[] };
    const cpuMs: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const some = numbers(round);
      for (const way of ['posted', 'sent', 'performed'] as const) {
        const [startedMs, startedCpu] = [performance.now(), process.cpuUsage()];
        await ways[way](some);
        const { user, system } = process.cpuUsage(startedCpu);
        // The first is for warming up.
        if (round === 0) continue;
        rates[way].push((some.length * 1_000) / (performance.now() - startedMs));
        if (way === 'performed') cpuMs.push((user + system) / 1_000 / some.length);
      }
    }
    const floor = median(rates.posted);
    const row = (name: string, way: keyof typeof rates): Row => ({
      ...{ name, value: Math.round(median(rates[way])), unit: '/s', ratio: median(rates[way]) / floor },
    });
    return [
      row(`bare requests to the provider, ${AT_ONCE} at once`, 'posted'),
      row('by the sender alone', 'sent'),
      row('decided, claimed, sent and recorded', 'performed'),
      { name: 'processor time of such a message', value: Math.round(median(cpuMs) * 100) / 100, unit: 'ms' },
      { name: 'messages told of', value: told.events, unit: '' },
      { name: 'a lane sends at most', value: PUSH_LIMITS.perSecond, unit: '/s' },
    ];
  } finally {
    sender.close();
    provider.process.kill();
  }
}

/** As the model keeps them; found by whose they are, for there are many. */
function memoryStores(): PushStores {
  const devices = memoryDevices();
  const byOwner = new Map<string, Device>();
  const recommendations = memoryRecommendations();
  const contents = new Map<string, string>();
  return {
    customers: memoryCustomers(),
    campaigns: memoryCampaigns(),
    devices: {
      ...devices,
      putDevice: async (device) => void byOwner.set(ownerOf(device), device),
      listDevices: async (owner) => structuredClone([byOwner.get(owner) ?? []].flat()),
    },
    logs: memoryContactLogs(),
    records: memorySendRecords(),
    visitors: memoryVisitors(),
    visitorConsents: memoryVisitorConsents(),
    suppressions: memorySuppressions(KEYS.guest),
    catalogue: memoryProducts(),
    versions: recommendations,
    rows: {
      putRows: async (_, rows) => rows.forEach(({ kind, of, content }) => void contents.set(`${kind} ${of}`, content)),
      getContent: async (kind, of) => contents.get(`${kind} ${of}`),
    },
    lanes: memoryLanes(),
  };
}

const outgoing = (number: number) => ({
  key: `${number}`.padStart(40, '0'),
  endpoint: { provider: 'fcm', token: `token-${number}-${'x'.repeat(120)}` } as const,
  content: {
    ...{
      title: '成长会员，春茶上市',
      body: '距上次下单已 20 天：春茶 tea-1 ¥128 春茶 tea-2 ¥128',
      url: 'https://shop.example/tea-1',
    },
    ...{ data: { campaign: OWN.id, variant: 'a' }, collapseKey: OWN.id, expiresAt: instant(Date.now() + 86_400_000) },
  },
});

interface StartedProvider {
  readonly credentials: Readonly<Record<string, unknown>>;
  readonly process: ChildProcess;
}

function senderOf(given: StartedProvider['credentials']): Sender {
  const read = readCredentials('fcm', JSON.stringify(given));
  if (read.kind !== 'credentials') throw new Error(read.problems.join(' '));
  const now = () => new Date();
  return createFcmSender(read.credentials, {
    clock: now,
    sleep: (ms) => sleep(ms),
    tokens: createMemoryTokenCache(now),
  });
}

/** The least that a message can take: a request of its size and its answer, which refuses it, as it shows no token. */
async function post({ credentials }: StartedProvider, some: readonly number[]): Promise<void> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: AT_ONCE });
  const url = `${String(credentials.baseUrl)}/v1/projects/${String(credentials.project_id)}/messages:send`;
  const body = JSON.stringify(outgoing(0));
  const ask = () =>
    new Promise<void>((resolve, reject) => {
      const request = http.request(
        url,
        { agent, method: 'POST', headers: { 'content-length': Buffer.byteLength(body) } },
        (response) => response.resume().once('end', resolve),
      );
      request.once('error', reject).end(body);
    });
  await pMap(some, ask, { concurrency: AT_ONCE });
  agent.destroy();
}

async function startProvider(): Promise<StartedProvider> {
  const child = spawn(process.execPath, [...process.execArgv, fileURLToPath(import.meta.url), 'provider'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const credentials = await new Promise<StartedProvider['credentials']>((resolve, reject) => {
    child.once('exit', () => reject(new Error('The provider did not start.')));
    child.stdout.once('data', (line: Buffer) => resolve(JSON.parse(line.toString('utf8'))));
  });
  return { credentials, process: child };
}

const [, file, role] = process.argv;
if (file === fileURLToPath(import.meta.url) && role === 'provider') {
  const { credentials } = await startFcm();
  process.stdout.write(`${JSON.stringify(credentials)}\n`);
}
