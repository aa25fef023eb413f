/** `npm run new:channel`: the folders of a new platform, its line in the registry, and a first case that fails. */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { makeChannel, REGISTRY } from './channel/make.ts';
import { CATEGORIES, NAME_FORM, type NewChannel, newChannel } from './channel/name.ts';

const HELP = `npm run new:channel -- NAME [options]

Makes shared/channels/NAME, test/channels/NAME with a first case that fails until the normaliser is written, and a line in
${REGISTRY}. docs/add-a-platform.md tells the rest.

  NAME             ${NAME_FORM}
  --category C     ${CATEGORIES.join(', ')}                    (default ecommerce)
  --thin           webhooks only tell that there is news: adds api.ts and a model of the platform's API
  --help           print this
`;

interface World {
  /** The repository. */
  readonly root: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Answers the exit code: 2 if it was asked for what cannot be. */
export function runNewChannel(args: readonly string[], { root, out, err }: World): number {
  try {
    const channel = read(args);
    if (channel === 'help') {
      out(HELP);
      return 0;
    }
    const made = makeChannel(root, channel);
    if (made.kind === 'exists') throw new WrongUse(`${made.path} is there already, and nothing was changed.`);
    out(report(channel, made.files));
    return 0;
  } catch (error) {
    if (!(error instanceof WrongUse)) throw error;
    err(`error: ${error.message}\n`);
    return 2;
  }
}

class WrongUse extends Error {
  override readonly name = 'WrongUse';
}

function read(args: readonly string[]): NewChannel | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const [name, second] = positionals;
  if (name === undefined || second !== undefined) {
    throw new WrongUse(`Expected one NAME${second === undefined ? '' : `, not also ${second}`}. Try --help.`);
  }
  const category = CATEGORIES.find((known) => known === values.category);
  if (!category) throw new WrongUse(`${values.category} is no category. Expected ${CATEGORIES.join(', ')}.`);
  const channel = newChannel(name, category, values.thin);
  if (!channel) throw new WrongUse(`${name} is no name for a channel. Expected ${NAME_FORM}.`);
  return channel;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        category: { type: 'string', default: 'ecommerce' },
        thin: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new WrongUse(`${error instanceof Error ? error.message : String(error)} Try --help.`, { cause: error });
  }
}

function report({ name, category, thin }: NewChannel, files: readonly string[]): string {
  const suite = `npx vitest run --project fast test/channels/suite.test.ts -t '${name}: '`;
  const lines = [
    `Made ${name} (${category}, ${thin ? 'webhooks that only tell of news' : 'webhooks with the whole order'}):`,
    ...files.map((file) => `  ${file}`),
    `and its lines in ${REGISTRY}.`,
    '',
    'Next, with docs/add-a-platform.md at hand: answer the questions in door.ts, put samples of the platform in place of the',
    'invented ones, and write partsOf in normalize.ts.',
    '',
    `  ${suite}`,
    '      one case fails, and says what is to be written',
    `  UPDATE_EXPECTED=${name} ${suite}`,
    '      signs the requests anew and writes what came out as expected: read the diff',
    '  npm run check',
    '      types, lint and all fast tests',
    '',
  ];
  return lines.join('\n');
}

if (process.argv[1] === import.meta.filename) {
  const { stdout, stderr } = process;
  process.exitCode = runNewChannel(process.argv.slice(2), {
    root: path.resolve(import.meta.dirname, '..'),
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
  });
}
