/** What the demo shows of segments: defined and subscribed to before the day, entered and left while it goes on, exported at its end. */
import { setTimeout as sleep } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import Table from 'cli-table3';
import { DEMO_SEGMENTS } from '../demo/segments.ts';
import { ApiProblem, type Client, createClient } from '../shared/api/client.ts';
import { ROUTES } from '../shared/api/routes.ts';
import type { Fill } from '../shared/segments/fill.ts';
import { READY_MADE } from '../shared/segments/ready-made.ts';
import { explainMembership } from '../shared/segments/words.ts';
import { createProgress } from './progress.ts';
import { type Received, type Receiver, startReceiver } from './receiver.ts';

export interface SegmentsDemo {
  readonly api: Client;
  readonly receiver: Receiver;
}

interface Opening {
  readonly apiUrl: string;
  readonly token: string;
  readonly say: (line: string) => void;
}

const SUBSCRIBER = 'demo-crm';

/** As a marketer and an operator do, over the API. A deployment that was used before has them already. */
export async function prepareSegments({ apiUrl, token, say }: Opening): Promise<SegmentsDemo> {
  const api = createClient({ baseUrl: apiUrl, token });
  for (const segment of DEMO_SEGMENTS)
    await unlessThere(() => api.call(ROUTES.createSegment, { body: { ...segment, why: 'the demo' } }));
  const receiver = await startReceiver();
  await unlessMissing(() => api.call(ROUTES.removeSubscriber, { params: { id: SUBSCRIBER } }));
  const { secret } = await api.call(ROUTES.addSubscriber, {
    body: { id: SUBSCRIBER, url: receiver.url, description: 'the system of the brand that the demo plays' },
  });
  receiver.trust(secret);
  const test = await api.call(ROUTES.testSubscriber, { params: { id: SUBSCRIBER } });
  say(`\n${DEMO_SEGMENTS.length} segments: ${DEMO_SEGMENTS.map(({ name }) => name).join(', ')}.`);
  say(
    `A subscriber at ${receiver.url}: its test message was ${test.delivered ? 'taken' : `not taken (${test.code})`}.`,
  );
  return { api, receiver };
}

const unlessStatus =
  (status: number) =>
  async <T>(act: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await act();
    } catch (error) {
      if (error instanceof ApiProblem && error.status === status) return undefined;
      throw error;
    }
  };
const unlessThere = unlessStatus(409);
const unlessNone = unlessStatus(409);
const unlessMissing = unlessStatus(404);

const ofSegments = ({ received }: Receiver): Received[] => received.filter(({ type }) => type.startsWith('segment.'));

/** Who is in them by now, and what the subscriber was told of it. */
export async function showSegments(demo: SegmentsDemo, say: (line: string) => void): Promise<void> {
  const isFilled = await untilFilled(demo, say);
  await untilTold(demo);
  const table = new Table({
    head: ['segment', 'in it', 'entries told', 'exits told', 'state'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right', 'right', 'left'],
  });
  for (const { id, name } of DEMO_SEGMENTS) {
    const mine = new Map(ofSegments(demo.receiver).map((message) => [message.id, message]));
    const told = (type: string) =>
      [...mine.values()].filter(({ data, type: is }) => is === type && data.segment === id).length;
    const { fill } = await demo.api.call(ROUTES.getSegment, { params: { id } });
    const members = await membersOf(demo, id);
    table.push([`${name} (${id})`, members.length, told('segment.entered'), told('segment.exited'), fill.state]);
  }
  if (!isFilled) say(STILL_FILLING);
  const { received, refused } = demo.receiver;
  const ids = new Set(received.map(({ id }) => id)).size;
  say(`\n${table.toString()}`);
  say(
    `The subscriber was told ${received.length} times of ${ids} changes; ${received.length} signatures held, ${refused()} did not.`,
  );
  const [first] = await membersOf(demo, 'cross-channel-regulars');
  const cross = DEMO_SEGMENTS.find(({ id }) => id === 'cross-channel-regulars');
  if (!first || !cross) return;
  say(`${first.profile} is in ${cross.name} since ${first.since}:`);
  const lines = explainMembership(cross.when, first.because, { reportingCurrency: 'CNY' });
  say(`  ${lines.map(({ zh }) => zh).join('')}`);
  say(`  ${lines.map(({ en }) => en).join(' ')}`);
}

const PARTS = 16;
/** It begins two minutes after the segments were put, and a demo's few customers are gone through in seconds. */
const FILLED_WITHIN_MS = 120_000;

const STILL_FILLING =
  'Filling: those who were customers before a segment was put are still gone through. Whoever buys, or changes by time, is in the right ones at once. `npx tributary segments` shows when it is done.';

/** Where all were sent on their way, the last of them may not be there yet: that, only the state says. */
const doneOf = ({ state, partsDone = 0 }: Fill): number =>
  state === 'current' ? PARTS : Math.min(partsDone, PARTS - 1);

/** Until every customer has been looked at by all of the segments, whoever changed meanwhile or not. False: not in time. */
async function untilFilled({ api }: SegmentsDemo, say: (line: string) => void): Promise<boolean> {
  const look = async () => {
    const found = DEMO_SEGMENTS.map(({ id }) => api.call(ROUTES.getSegment, { params: { id } }));
    const fills = (await Promise.all(found)).map(({ fill }) => fill);
    return Math.min(...fills.map(doneOf));
  };
  let done = await look();
  if (done === PARTS) return true;
  say(
    '\nA new segment looks at every customer there is, once. On a deployment as new as this it begins after two minutes, so that no function still decides by an older tier policy.',
  );
  const progress = createProgress(PARTS, 'parts of the customers');
  const deadline = Date.now() + FILLED_WITHIN_MS;
  for (let told = 0; done < PARTS && Date.now() < deadline; done = await look()) {
    if (done > told) progress.update(done);
    told = done;
    await sleep(1_000);
  }
  progress.end(done === PARTS ? 'All customers were looked at' : `${done} of ${PARTS} parts so far`);
  return done === PARTS;
}

/** Until nothing has been told for a while. */
async function untilTold({ receiver }: SegmentsDemo, patienceMs = 60_000): Promise<void> {
  const deadline = Date.now() + patienceMs;
  for (let still = 0, before = -1; still < 6 && Date.now() < deadline; ) {
    await sleep(500);
    const { length } = receiver.received;
    still = length === before && length > 0 ? still + 1 : 0;
    before = length;
  }
}

async function membersOf({ api }: SegmentsDemo, id: string) {
  const members: Awaited<ReturnType<typeof page>>['items'][number][] = [];
  const page = (cursor: string | undefined) =>
    api.call(ROUTES.listMembersOfSegment, {
      params: { id },
      query: { limit: 200, ...(cursor !== undefined && { cursor }) },
    });
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const { items, nextCursor } = await page(cursor);
    members.push(...items);
    cursor = nextCursor;
  }
  return members;
}

/** What time alone brought: told a moment after its instant. */
export async function showExit(
  { receiver }: SegmentsDemo,
  profile: string,
  say: (line: string) => void,
): Promise<void> {
  const deadline = Date.now() + 30_000;
  const isIt = ({ type, data }: Received) =>
    type === 'segment.exited' && data.segment === 'high-value' && data.subject === profile;
  while (!receiver.received.some(isIt) && Date.now() < deadline) await sleep(100);
  const exit = receiver.received.find(isIt);
  say(
    exit
      ? `The subscriber was told: ${exit.type} of ${exit.data.segment}, cause ${exit.data.cause}, ${new Date(exit.atMs).toISOString()}.`
      : 'The subscriber was not told that they left 高价值客户.',
  );
}

/** As a file for Excel. */
export async function showExport({ api }: SegmentsDemo, say: (line: string) => void): Promise<void> {
  const params = { id: 'high-value' };
  let asked = await api.call(ROUTES.requestExport, {
    params,
    body: { format: 'csv', columns: ['profile', 'since', 'tier', 'orders', 'netSpend', 'currency', 'names'] },
  });
  const deadline = Date.now() + 60_000;
  while (asked.status !== 'done' && asked.status !== 'failed' && Date.now() < deadline) {
    await sleep(500);
    asked = await api.call(ROUTES.getExport, { params: { exportId: asked.id } });
  }
  say(`\nAn export of 高价值客户 (${asked.id}): ${asked.status}, ${asked.rows ?? 0} rows.`);
  const [file] = asked.files ?? [];
  if (!file?.url) return;
  const text = await (await fetch(file.url)).text();
  for (const line of text.split('\n').slice(0, 3)) say(`  ${line.trimEnd()}`);
}

/** A question that nobody has put as a segment yet. The snapshot that it is counted over is taken now, and not within a quarter of an hour. */
export async function showPreview(
  { api }: SegmentsDemo,
  { snapshotFunction, say }: { readonly snapshotFunction: string; readonly say: (line: string) => void },
): Promise<void> {
  const asked = READY_MADE.find(({ id }) => id === 'high-value-dormant');
  if (!asked) return;
  const { id, name, when } = asked;
  const lambda = new LambdaClient({});
  const deadline = Date.now() + 30_000;
  const ask = () => unlessNone(() => api.call(ROUTES.previewSegment, { body: { when } }));
  let preview: Awaited<ReturnType<typeof ask>>;
  do {
    await lambda.send(new InvokeCommand({ FunctionName: snapshotFunction, Payload: Buffer.from('{}') }));
    preview = await ask();
    if (!preview) await sleep(1_000);
  } while (!preview && Date.now() < deadline);
  if (!preview) return say('\nThere is no snapshot yet to count a preview over.');
  const { size, profiles, snapshotAt } = preview;
  say(`\nA preview of ${name}, which is ready-made: ${size} of ${profiles} customers, as of ${snapshotAt}.`);
  say(`To make it a segment: npx tributary segment ready-made --put ${id} --wait`);
}
