/**
 * A reporter of vitest for `npm test`: what failed, in a few lines each, as a file that test/run.ts tells at its end. Vitest's
 * own JSON report leaves out errors of hooks, errors that no test waited for, and that a test ran out of time.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';
import { ROOT, STATE_DIR } from '../local/endpoints.ts';

/** A JSON array of texts. */
export const FAILURES = path.join(STATE_DIR, 'test', 'failures.json');

/** Room for the seed of a property and the start of its counterexample. */
const MESSAGE_LINES = 12;
const LINE_CHARACTERS = 400;

type Thrown = Pick<SerializedError, 'message' | 'stack'> & { readonly diff?: string; readonly cause?: unknown };

export default class FailuresReporter implements Reporter {
  async onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): Promise<void> {
    const told = [
      ...modules.flatMap(failuresOf),
      ...unhandled.map((error) => `an error that no test waited for${excerpt(error)}`),
    ];
    await mkdir(path.dirname(FAILURES), { recursive: true });
    await writeFile(FAILURES, JSON.stringify(told));
  }
}

function failuresOf(module: TestModule): string[] {
  const name = path.relative(ROOT, module.moduleId);
  const tell = (what: string, errors: readonly Thrown[]): string[] =>
    errors.length === 0 ? [] : [`${name}${what}${errors.map(excerpt).join('')}`];
  return [
    ...tell('', module.errors()),
    ...[...module.children.allSuites()].flatMap((suite) => tell(` > ${suite.fullName}`, suite.errors())),
    ...[...module.children.allTests('failed')].flatMap((test) =>
      tell(` > ${test.fullName}`, test.result().errors ?? []),
    ),
  ];
}

/** What was said, what differs, and where in the tests; the way there through libraries is left out. */
function excerpt({ message, stack = '', diff = '', cause }: Thrown): string {
  const differing = stripVTControlCharacters(diff)
    .split('\n')
    .filter((line) => /^[-+]/.test(line));
  const said = [...message.split('\n'), ...differing].filter((line) => line.trim() !== '' && !/^\s+at /.test(line));
  const where = stack.split('\n').find((line) => /^\s+at .*\.test\.ts/.test(line));
  const lines = [...said.slice(0, MESSAGE_LINES), ...(where ? [where.trim()] : [])];
  const cut = (line: string) => (line.length > LINE_CHARACTERS ? `${line.slice(0, LINE_CHARACTERS)}…` : line);
  return `${lines.map((line) => `\n    ${cut(line)}`).join('')}${isThrown(cause) ? excerpt(cause) : ''}`;
}

const isThrown = (cause: unknown): cause is Thrown =>
  typeof cause === 'object' && cause !== null && 'message' in cause && typeof cause.message === 'string';
