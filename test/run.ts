/**
 * `npm test`: types and lint, then every project of vitest.config.ts. It starts the emulator and deploys the stack for
 * those that need it, and ends both. What could not run is named at the end; with CI=true that is a failure.
 */
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { deploy, LOCAL_REGION, localEnvironment } from '../local/deploy.ts';
import { EmulatorUnavailable, startEmulator } from '../local/emulator/emulator.ts';
import { ROOT, STATE_DIR, writeEndpoints } from '../local/endpoints.ts';
import { FAILURES } from './failures.ts';
import { hasJava } from './stores/dynamodb-local.ts';

const TEST_STATE = path.join(STATE_DIR, 'test');
const RESULTS = path.join(TEST_STATE, 'results.json');
const say = (line: string) => process.stdout.write(`${line}\n`);

/** The part of vitest's JSON report that is read. */
const Report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  success: z.boolean(),
});

const counts = { passed: 0, failed: 0, skipped: 0 };
const failedParts: string[] = [];
/** Each in a few lines, told at the very end: of a long log that is what is kept and seen. */
const failures: string[] = [];
const FAILURES_TOLD = 20;
/** What a machine with Node and Python must be able to run, and this one was not. */
const notRun: string[] = [];
/** What needs more than that. */
const optional: string[] = [];

await main();

async function main(): Promise<void> {
  const startedMs = Date.now();
  await mkdir(TEST_STATE, { recursive: true });
  await step('types', ['node_modules/typescript/bin/tsc', '--noEmit']);
  await step('lint', ['node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.']);
  await vitest('fast', {});
  await onEmulator();
  if (hasJava()) await vitest('dynamodb-local', {});
  else
    optional.push('dynamodb-local: there is no Java here; with Java 17 the store tests run on DynamoDB Local as well.');

  say(`\nTook ${Math.round((Date.now() - startedMs) / 1000)} s.`);
  for (const part of failedParts) say(`FAILED: ${part}`);
  for (const part of [...notRun, ...optional]) say(`NOT RUN: ${part}`);
  for (const failure of failures.slice(0, FAILURES_TOLD)) say(`\n${failure}`);
  if (failures.length > FAILURES_TOLD) say(`\nAnd ${failures.length - FAILURES_TOLD} more.`);
  say(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  const incomplete = notRun.length > 0 && process.env.CI === 'true';
  process.exit(failedParts.length > 0 || incomplete ? 1 : 0);
}

/** Whatever happens, the emulator ends. */
async function onEmulator(): Promise<void> {
  let emulator: Awaited<ReturnType<typeof startEmulator>>;
  try {
    emulator = await startEmulator({ stateDir: TEST_STATE, report: say });
  } catch (error) {
    if (!(error instanceof EmulatorUnavailable)) throw error;
    notRun.push(`emulator and end to end: ${error.message}`);
    return;
  }
  try {
    const environment = localEnvironment(emulator.endpoint);
    await vitest('emulator', environment);
    const { outputs, stack, api } = await deploy({ endpoint: emulator.endpoint, stateDir: TEST_STATE, report: say });
    const endpointsFile = path.join(TEST_STATE, 'endpoints.json');
    await writeEndpoints(
      {
        webhookUrl: `${emulator.endpoint}/_aws/execute-api/${outputs.ApiId}`,
        apiUrl: api.url,
        consoleUrl: null,
        awsEndpoint: emulator.endpoint,
        region: LOCAL_REGION,
        stack,
        token: api.token,
      },
      endpointsFile,
    );
    const deployed = {
      ...environment,
      TRIBUTARY_ENDPOINTS: endpointsFile,
      TRIBUTARY_OUTPUTS: JSON.stringify(outputs),
      TRIBUTARY_READER_TOKEN: await api.tokenOf('reader'),
    };
    await vitest('e2e', deployed);
    // Last, for it changes policies and segments as it likes.
    await vitest('fuzz', deployed);
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    failedParts.push('emulator');
    counts.failed++;
  } finally {
    await emulator.stop();
  }
}

async function vitest(project: string, environment: Record<string, string>): Promise<void> {
  for (const file of [RESULTS, FAILURES]) await rm(file, { force: true });
  const reporters = ['default', 'json', './test/failures.ts'].map((reporter) => `--reporter=${reporter}`);
  const args = ['node_modules/vitest/vitest.mjs', 'run', '--project', project, ...reporters];
  const status = await run([...args, `--outputFile.json=${RESULTS}`], environment);
  const text = await readFile(RESULTS, 'utf8').catch(() => undefined);
  const report = text === undefined ? undefined : Report.parse(JSON.parse(text));
  counts.passed += report?.numPassedTests ?? 0;
  counts.failed += report?.numFailedTests ?? 0;
  counts.skipped += report?.numPendingTests ?? 0;
  if (status === 0 && report?.success && report.numPassedTests > 0) return;
  failedParts.push(project);
  const told = z.array(z.string()).parse(JSON.parse(await readFile(FAILURES, 'utf8').catch(() => '[]')));
  if (told.length === 0) told.push(`vitest ended with ${status}, and named no failure.`);
  failures.push(...told.map((failure) => `${project}: ${failure}`));
  if (!report?.numFailedTests) counts.failed++;
}

async function step(name: string, args: string[]): Promise<void> {
  say(`\n${name}`);
  if ((await run(args, {})) === 0) counts.passed++;
  else {
    counts.failed++;
    failedParts.push(name);
  }
}

function run([program = '', ...args]: string[], environment: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(ROOT, program), ...args], {
      cwd: ROOT,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
}
