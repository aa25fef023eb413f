/** `doctor`: what is wrong with a deployment, and what to do. */
import type { Command } from 'commander';
import type { ConnectionId } from '../../shared/connections/connection.ts';
import { readOutputs } from '../deployment.ts';
import { check, type Finding, ok } from '../doctor/check.ts';
import { inspect, judgeStack } from '../doctor/checks.ts';
import { judgeRoundTrip } from '../doctor/round-trip.ts';
import { explain, FAILED } from '../errors.ts';
import { answer } from '../output.ts';
import { examples, globalsOf, readConnectionId, type Session } from '../session.ts';
import type { World } from '../world.ts';

/** In the order of the data; what can't be asked without the one before is left out. */
async function examine(world: World, stack: string | undefined, probe: ConnectionId | undefined): Promise<Finding[]> {
  const reached = await reach(world, stack);
  if (!reached.known) return [reached.finding];
  const { site, description } = reached.known;
  const findings = [reached.finding, await check('stack', async () => judgeStack(site, description))];
  if (findings.some((finding) => finding.status === 'fail')) return findings;
  const deployment = await world.open(site, readOutputs(site, description));
  findings.push(...(await Promise.all(inspect(deployment, world))));
  if (probe !== undefined) findings.push(await check('roundTrip', () => judgeRoundTrip(deployment, probe, world)));
  return findings;
}

async function reach(world: World, stack: string | undefined) {
  try {
    const site = await world.locate(stack);
    const description = await world.describe(site);
    const where = site.endpoint ?? `AWS${site.region ? ` in ${site.region}` : ''}`;
    return {
      finding: { check: 'reach', ...ok(`${where} answers, and takes the credentials.`) },
      known: { site, description },
    };
  } catch (error) {
    const { code, message } = explain(error);
    // Where there is no such stack, AWS was reached all the same.
    const name = code.startsWith('stack_') ? 'stack' : 'reach';
    return { finding: { check: name, status: 'fail' as const, message } };
  }
}

export function addDoctor(program: Command, session: Session): void {
  const { world } = session;
  program
    .command('doctor')
    .description('check the deployment end to end, and say what is wrong and what to do')
    .option(
      '--connection <id>',
      'also send a signed message through this connection that changes no order, and find it again; where a platform has no message to be ignored it passes through quarantine, which may ring that alarm',
    )
    .addHelpText('after', examples('doctor', 'doctor --connection my-shop --stack tributary-production'))
    .action(async (options: { connection?: string }, command: Command) => {
      const globals = globalsOf(command);
      const probe = options.connection === undefined ? undefined : readConnectionId(options.connection);
      const checks = await examine(world, globals.stack, probe);
      const healthy = checks.every((finding) => finding.status !== 'fail');
      if (!healthy) session.exitCode = FAILED;
      answer(world, globals, { ok: healthy, checks }, renderFindings);
    });
}

function renderFindings({ checks }: { readonly checks: readonly Finding[] }): string {
  const width = Math.max(...checks.map((finding) => finding.check.length));
  const lines = checks.map(
    ({ status, check: name, message, action }) =>
      `${status.padEnd(4)}  ${name.padEnd(width)}  ${message}${action === undefined ? '' : ` → ${action}`}`,
  );
  const count = (status: Finding['status']) => checks.filter((finding) => finding.status === status).length;
  const [failed, warned] = [count('fail'), count('warn')];
  const sum = failed + warned === 0 ? 'All is well.' : `${failed} failed, ${warned} to look at.`;
  return `${lines.join('\n')}\n\n${sum}`;
}
