/**
 * No request leads to a 5xx, to a status, a content type or a body that the OpenAPI document does not know, or past its checks. Needs
 * the stack deployed by `npm test`, after all else that uses it: policies and segments come and go here.
 */
import path from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { endpoints } from '../e2e/deployment.ts';
import { type FuzzRun, openFuzzer } from './fuzz/fuzz.ts';

const STATE = path.resolve(import.meta.dirname, '..', '..', '.local', 'test');

let fuzzer: Awaited<ReturnType<typeof openFuzzer>>;
beforeAll(async () => {
  const { apiUrl, token } = endpoints;
  if (apiUrl === null || token === null) throw new Error('The deployment has no API.');
  fuzzer = await openFuzzer({ apiUrl, token, stateDir: STATE });
});

const runs: readonly [string, FuzzRun][] = [
  ['along the links, beginning with the examples', { phases: ['examples', 'stateful'], seconds: 30 }],
  ['at the edges of each schema', { phases: ['coverage'], seconds: 60 }],
  ['in between', { phases: ['fuzzing'], seconds: 25 }],
];

test.each(runs)('%s', async (_, run) => {
  if ('problem' in fuzzer) throw new Error(fuzzer.problem);
  const { passed, output } = await fuzzer.run(run);
  process.stdout.write(passed ? summaryOf(output) : output);
  expect(passed ? '' : output.slice(-4_000)).toBe('');
});

/** How much was asked. */
const summaryOf = (output: string): string => output.slice(Math.max(0, output.lastIndexOf(' SUMMARY ')));
