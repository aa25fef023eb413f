/** The real world of the command line: this process, its terminal, the present, AWS or the local deployment. */

import { ADAPTERS, DOORS } from '../shared/channels/registry.ts';
import { systemClock } from '../shared/runtime/clock.ts';
import { locate } from './deployment.ts';
import { runProgram } from './program.ts';
import type { World } from './world.ts';

export function main(args: readonly string[]): Promise<number> {
  endQuietlyWhenPipeCloses();
  return runProgram(args, realWorld());
}

function realWorld(): World {
  const { env, stdin, stdout, stderr } = process;
  return {
    env,
    // `npm run` moves to the folder of package.json; paths are meant from where the person stands.
    cwd: (env.npm_lifecycle_event === 'tributary' && env.INIT_CWD) || process.cwd(),
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    readStdin,
    ...(stdin.isTTY && stderr.isTTY && { askSecret }),
    clock: systemClock,
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    fetch,
    doors: DOORS,
    adapters: ADAPTERS,
    locate: (stack) => locate({ stack, env }),
    // Loaded when first needed: help and wrong arguments should not wait for the AWS SDK.
    describe: async (site) => (await import('./aws.ts')).describeStack(site),
    open: async (site, outputs) => (await import('./aws.ts')).openDeployment(site, outputs),
  };
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

async function askSecret(question: string): Promise<string | undefined> {
  const { isCancel, password } = await import('@clack/prompts');
  // On stderr, so that stdout holds nothing but the answer.
  const given = await password({ message: question, output: process.stderr });
  return isCancel(given) ? undefined : given;
}

/** `tributary connections | head -1` is no failure. */
function endQuietlyWhenPipeCloses(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}
