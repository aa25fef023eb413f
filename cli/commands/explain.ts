/** `explain`: why these personas are one customer, why in this tier and why in these segments. */
import type { Command } from 'commander';
import { explainProfile } from '../../shared/profiles/explain.ts';
import { rejectedOf } from '../../shared/profiles/order-reading.ts';
import { MASKED, REVEALED } from '../../shared/profiles/reveal.ts';
import { explainSegments } from '../../shared/segments/explain-segments.ts';
import type { Language } from '../../shared/tiers/reasons.ts';
import { linkingOf, requireRoot } from '../customer.ts';
import { CliError } from '../errors.ts';
import { renderExplanation } from '../explain-text.ts';
import { languageOf, languageOption } from '../language.ts';
import { answer } from '../output.ts';
import { deploymentFor, examples, globalsOf, type Session } from '../session.ts';

interface ExplainOptions {
  readonly lang?: Language;
  readonly reveal?: boolean;
}

export function addExplain(program: Command, session: Session): void {
  const { world } = session;
  program
    .command('explain')
    .description('explain why these personas are one customer, why they are in this tier and in these segments')
    .argument('<id>', 'id of the profile, or of any of its personas')
    .option('--reveal', 'personal values in full, in text and JSON')
    .addOption(languageOption())
    .addHelpText('after', examples('explain shopify/my-shop/123', 'explain shopify/my-shop/123 --lang zh'))
    .action(async (id: string, options: ExplainOptions, command: Command) => {
      const globals = globalsOf(command);
      const deployment = await deploymentFor(session, globals);
      const customers = await deployment.customers();
      const { persona, profile } = await requireRoot(id, customers);
      const explanation = await explainProfile(persona, customers, {
        rules: (await linkingOf(deployment)).rules,
        reveal: options.reveal ? REVEALED : MASKED,
        rejectedOf: rejectedOf(customers, { ...deployment, doors: world.doors, adapters: world.adapters }),
      });
      if (!explanation) throw new CliError('profile_not_found', `${id} has just become another profile's. Try again.`);
      const { ReportingCurrency } = deployment.outputs;
      const segments = await explainSegments(profile.segments ?? [], deployment.segments, ReportingCurrency);
      answer(world, globals, { ...explanation, segments }, (told) =>
        renderExplanation(told, languageOf(options.lang, world)),
      );
    });
}
