/** `unlink`: this persona is somebody else, for good. */
import type { Command } from 'commander';
import { cutOff } from '../../shared/identity/changes.ts';
import type { Cut } from '../../shared/identity/cuts.ts';
import { asPersona, type Root, requireNeighbourhood, requireRoot } from '../customer.ts';
import {
  applyChange,
  type Changed,
  type DecisionOptions,
  makeDecision,
  renderChanges,
  withDecision,
} from '../decisions.ts';
import { CliError } from '../errors.ts';
import { deploymentFor, examples, globalsOf, type Session } from '../session.ts';
import type { Customers } from '../world.ts';

export function addUnlink(program: Command, session: Session): void {
  const { world } = session;
  withDecision(
    program
      .command('unlink')
      .description('part a persona from a profile, for good: later orders do not join them again')
      .argument('<profile>', 'id of the profile')
      .argument('<persona>', 'the persona of it that is somebody else'),
  )
    .addHelpText(
      'after',
      examples(
        'unlink shopify/my-shop/123 douyin/live/456 --why "two sisters, one phone"',
        'unlink shopify/my-shop/123 douyin/live/456 --dry-run',
      ),
    )
    .action(async (profile: string, personaText: string, options: DecisionOptions, command: Command) => {
      const globals = globalsOf(command);
      const made = makeDecision(options, world);
      const deployment = await deploymentFor(session, globals);
      const customers = await deployment.customers();
      const root = await requireRoot(profile, customers);
      const persona = asPersona(personaText);
      const around = await requireNeighbourhood([root.persona], customers, deployment);
      const result = cutOff(around.input, root.persona, [persona], made);
      if (result.kind !== 'cut') throw await refusal(result.kind, root, personaText, customers);
      const { cut } = result;
      const { off, kept } = cut;
      const isDone = async () => {
        const [one, other] = await Promise.all([customers.getPlace(persona), customers.getPlace(kept[0] ?? persona)]);
        return one?.root !== other?.root;
      };
      await applyChange(
        { decisions: [cut], personas: [...off, ...kept], around, isDone },
        { deployment, customers, world, globals, dryRun: options.dryRun === true },
        (changed) => render(changed, cut, root, persona),
      );
    });
}

async function refusal(
  kind: 'not_in_profile' | 'no_two_sides',
  { persona: root, members }: Root,
  persona: string,
  customers: Customers,
): Promise<CliError> {
  if (kind === 'no_two_sides')
    return new CliError('no_two_sides', `${root} is that persona alone, so there is nothing to part it from.`);
  if (members.includes(asPersona(persona)))
    return new CliError('profile_unsettled', `${root} is just changing. Look at it again in a moment.`);
  const place = await customers.getPlace(asPersona(persona));
  const where = place ? `It is of ${place.root}.` : 'No order is of such a persona.';
  return new CliError(
    'not_in_profile',
    `${persona} is no persona of ${root}. ${where} Those are: ${members.join(', ')}.`,
  );
}

function render({ changes, applied }: Changed, { off, kept }: Cut, root: Root, persona: string): string {
  return [
    renderChanges(changes, applied),
    '',
    'Taken off',
    ...off.map((one) => `  ${one}`),
    'Kept',
    ...kept.map((one) => `  ${one}`),
    ...(applied ? ['', `Taken back with: tributary relink ${root.persona} ${persona} --why TEXT`] : []),
  ].join('\n');
}
