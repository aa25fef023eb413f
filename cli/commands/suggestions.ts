/** `suggestions`: profiles that may be one customer, for a person to decide. */

import type { Command } from 'commander';
import pMap from 'p-map';
import { refuse } from '../../shared/identity/changes.ts';
import { type Acceptance, standing } from '../../shared/identity/cuts.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import { resolve } from '../../shared/identity/resolve.ts';
import type { Suggestion } from '../../shared/identity/suggestions.ts';
import { type ExplainedReason, explainSuggestion } from '../../shared/profiles/explain.ts';
import type { Neighbourhood } from '../../shared/profiles/neighbourhood.ts';
import { valuesFrom } from '../../shared/profiles/persona-content.ts';
import { MASKED, REVEALED, type Reveal } from '../../shared/profiles/reveal.ts';
import type { Language } from '../../shared/tiers/reasons.ts';
import { type Brief, briefOf, type Root, requireNeighbourhood, requireRoot, tellBrief } from '../customer.ts';
import {
  applyChange,
  areOne,
  cutsBetween,
  type DecisionOptions,
  makeDecision,
  renderChanges,
  renderCut,
  resolveWith,
  withDecision,
} from '../decisions.ts';
import { CliError } from '../errors.ts';
import { languageOf, languageOption } from '../language.ts';
import { answer, note, oneLine } from '../output.ts';
import { deploymentFor, examples, globalsOf, readCount, refuseOtherWords, type Session } from '../session.ts';
import type { Customers, World } from '../world.ts';

export function addSuggestions(program: Command, session: Session): void {
  const suggestions = program
    .command('suggestions')
    .description('profiles that may be one customer: list (unless said otherwise), accept, refuse')
    .addHelpText(
      'after',
      examples(
        'suggestions',
        'suggestions accept shopify/my-shop/123 square/my-tills/456 --why "same card, same address"',
      ),
    );
  addList(suggestions, session);
  addAccept(suggestions, session);
  addRefuse(suggestions, session);
}

interface Listed {
  readonly between: readonly [PersonaId, PersonaId];
  readonly profiles: readonly Brief[];
  readonly reasons: readonly ExplainedReason[];
}

interface ListOptions {
  readonly limit: number;
  readonly cursor?: string;
  readonly reveal?: boolean;
  readonly lang?: Language;
}

const LOOKED_AT_ONCE = 5;

function addList(suggestions: Command, session: Session): void {
  const { world } = session;
  suggestions
    .command('list', { isDefault: true })
    .description('list proposed merges, with what speaks for each')
    .option('--limit <n>', 'at most so many', (text) => readCount('--limit', text, 100), 20)
    .option('--cursor <cursor>', 'go on after a page, with its nextCursor')
    .option('--reveal', 'names and values in full, in text and JSON')
    .addOption(languageOption())
    .addHelpText('after', examples('suggestions list --limit 50 --lang zh'))
    .allowExcessArguments()
    .action(async (options: ListOptions, command: Command) => {
      refuseOtherWords(command, suggestions);
      const globals = globalsOf(command);
      const deployment = await deploymentFor(session, globals);
      const customers = await deployment.customers();
      const { items: pairs, next = null } = await customers.listSuggestions(options.limit, options.cursor);
      const reveal = options.reveal ? REVEALED : MASKED;
      const looked = await pMap(pairs, (between) => lookAt(between, customers, reveal), {
        concurrency: LOOKED_AT_ONCE,
      });
      const items = looked.filter((item) => item !== undefined);
      const language = languageOf(options.lang, world);
      answer(world, globals, { items, nextCursor: next }, () => render(items, language));
      if (next !== null && !globals.json) note(world, `there are more: --cursor ${next}`);
      await tidyUp(
        pairs.filter((_, index) => looked[index] === undefined),
        customers,
        world,
      );
    });
}

/** Undefined for one that no longer stands. */
async function lookAt(
  between: Suggestion['between'],
  customers: Customers,
  reveal: Reveal,
): Promise<Listed | undefined> {
  const found = await findStanding(between, customers);
  if (!found) return undefined;
  const { suggestion, roots } = found;
  const contents = await Promise.all(
    roots.flatMap(({ members }) => members).map((persona) => customers.getContent(persona)),
  );
  const values = new Map(contents.flatMap((content) => [...valuesFrom(content)]));
  return {
    between,
    profiles: await Promise.all(roots.map((root) => briefOf(root, customers, reveal))),
    reasons: explainSuggestion(suggestion, { values }, reveal),
  };
}

/** Listed is what was once suggested; the profiles' own places say what still is. Each keeps but some, so either may say it. */
async function findStanding(
  between: Suggestion['between'],
  customers: Pick<Customers, 'getPlace'>,
): Promise<{ readonly suggestion: Suggestion; readonly roots: readonly Root[] } | undefined> {
  const places = await Promise.all(between.map((one) => customers.getPlace(one)));
  const roots = places.flatMap((place): readonly Root[] =>
    place?.profile && place.root === place.persona ? [{ ...place, profile: place.profile }] : [],
  );
  const suggestion = roots
    .flatMap(({ suggestions = [] }) => suggestions)
    .find((one) => one.between.join(' ') === between.join(' '));
  return suggestion && roots.length === 2 ? { suggestion, roots } : undefined;
}

const SECOND_LOOK_MS = 2_000;

/**
 * What no longer stands is taken off the list. It is put there just before the places that say so: one that is new is given the
 * time to stand.
 */
async function tidyUp(
  stale: readonly Suggestion['between'][],
  customers: Customers,
  { sleep }: Pick<World, 'sleep'>,
): Promise<void> {
  if (stale.length === 0) return;
  await sleep(SECOND_LOOK_MS);
  for (const between of stale) if (!(await findStanding(between, customers))) await customers.deleteSuggestion(between);
}

function render(items: readonly Listed[], language: Language): string {
  if (items.length === 0) return 'No merge is suggested.';
  return items
    .map(({ profiles, reasons }) =>
      [
        ...profiles.map((profile) => oneLine(tellBrief(profile, language))),
        ...[...new Set(reasons.map((reason) => oneLine(reason[language])))].map((line) => `  ${line}`),
      ].join('\n'),
    )
    .join('\n\n');
}

function addAccept(suggestions: Command, session: Session): void {
  const { world } = session;
  withDecision(
    suggestions
      .command('accept')
      .description('these two are one customer: joins any two profiles, suggested or not')
      .argument('<profile>', 'id of one')
      .argument('<other>', 'id of the other'),
  )
    .addHelpText(
      'after',
      examples(
        'suggestions accept shopify/my-shop/123 square/my-tills/456 --dry-run',
        'suggestions accept shopify/my-shop/123 square/my-tills/456 --why "she told us at the till"',
      ),
    )
    .action(async (a: string, b: string, options: DecisionOptions, command: Command) => {
      const globals = globalsOf(command);
      const made = makeDecision(options, world);
      const deployment = await deploymentFor(session, globals);
      const customers = await deployment.customers();
      const roots = await requireTwo(a, b, customers);
      const between: Suggestion['between'] = [roots[0].persona, roots[1].persona];
      const around = await requireNeighbourhood(between, customers, deployment);
      const acceptance: Acceptance = { kind: 'accept', ...made, between };
      if (!areOne(resolveWith(around, [acceptance]), ...between)) throw whyNot(roots, around);
      const isDone = async () => {
        const [one, other] = await Promise.all(between.map((persona) => customers.getPlace(persona)));
        return one?.root === other?.root;
      };
      await applyChange(
        { decisions: [acceptance], personas: between, around, isDone },
        { deployment, customers, world, globals, dryRun: options.dryRun === true },
        ({ changes, applied }) => renderChanges(changes, applied),
      );
    });
}

function whyNot([one, other]: readonly [Root, Root], { input }: Neighbourhood): CliError {
  const cuts = cutsBetween(standing(input.decisions).cuts, new Set(one.members), new Set(other.members));
  const [cut] = cuts;
  return cut
    ? new CliError(
        'kept_apart',
        `A person keeps them apart (${cuts.map(renderCut).join('; ')}). Take that back first: tributary relink ${cut.kept[0]} ${cut.off[0]} --why TEXT`,
      )
    : new CliError(
        'too_many_personas',
        `Together they would be more personas than the ${input.rules.componentLimit} that a profile may have.`,
      );
}

function addRefuse(suggestions: Command, session: Session): void {
  const { world } = session;
  withDecision(
    suggestions
      .command('refuse')
      .description('these two are not one customer: nothing joins them, and it is suggested no more')
      .argument('<profile>', 'id of one')
      .argument('<other>', 'id of the other'),
  )
    .addHelpText('after', examples('suggestions refuse shopify/my-shop/123 square/my-tills/456 --why "father and son"'))
    .action(async (a: string, b: string, options: DecisionOptions, command: Command) => {
      const globals = globalsOf(command);
      const made = makeDecision(options, world);
      const deployment = await deploymentFor(session, globals);
      const customers = await deployment.customers();
      const [one, other] = await requireTwo(a, b, customers);
      const around = await requireNeighbourhood([one.persona, other.persona], customers, deployment);
      const known = cutsBetween(standing(around.input.decisions).cuts, new Set(one.members), new Set(other.members));
      if (known.length > 0)
        throw new CliError('kept_apart', `They are kept apart already (${known.map(renderCut).join('; ')}).`);
      const cut = refuse(resolve(around.input), [one.persona, other.persona], made);
      if (!cut)
        throw new CliError('profile_unsettled', 'One of them is just changing. Look at them again in a moment.');
      const between: Suggestion['between'] =
        one.persona < other.persona ? [one.persona, other.persona] : [other.persona, one.persona];
      await applyChange(
        {
          decisions: [cut],
          personas: [...cut.off, ...cut.kept],
          around,
          isDone: async () => !(await findStanding(between, customers)),
        },
        { deployment, customers, world, globals, dryRun: options.dryRun === true },
        ({ applied }) =>
          applied
            ? `${between.join(' and ')} are kept apart. Taken back with: tributary relink ${cut.kept[0]} ${cut.off[0]} --why TEXT`
            : `${between.join(' and ')} would be kept apart.`,
      );
    });
}

async function requireTwo(a: string, b: string, customers: Customers): Promise<readonly [Root, Root]> {
  const roots = [await requireRoot(a, customers), await requireRoot(b, customers)] as const;
  if (roots[0].persona !== roots[1].persona) return roots;
  throw new CliError('one_profile', `${a} and ${b} are one profile already, ${roots[0].persona}.`);
}
