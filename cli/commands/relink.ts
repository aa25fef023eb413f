/** `relink`: takes back an `unlink`, or a suggestion's refusal. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { type Cut, standing, type Withdrawal } from '../../shared/identity/cuts.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { Profile, Resolution } from '../../shared/identity/resolve.ts';
import { explainSuggestion } from '../../shared/profiles/explain.ts';
import { APART_WORDS, type Words } from '../../shared/profiles/explain-words.ts';
import type { Neighbourhood } from '../../shared/profiles/neighbourhood.ts';
import { MASKED } from '../../shared/profiles/reveal.ts';
import type { Language } from '../../shared/tiers/reasons.ts';
import { asPersona, requireNeighbourhood } from '../customer.ts';
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
import { deploymentFor, examples, globalsOf, type Session } from '../session.ts';
import type { Customers } from '../world.ts';

interface RelinkOptions extends DecisionOptions {
  readonly lang?: Language;
}

export function addRelink(program: Command, session: Session): void {
  const { world } = session;
  withDecision(
    program
      .command('relink')
      .description('take back an unlink, with the same two ids: the links that there are hold again')
      .argument('<profile>', 'id of the profile')
      .argument('<persona>', 'the persona that was taken off'),
  )
    .addOption(languageOption())
    .addHelpText('after', examples('relink shopify/my-shop/123 douyin/live/456 --why "it was her all along"'))
    .action(async (profileText: string, personaText: string, options: RelinkOptions, command: Command) => {
      const globals = globalsOf(command);
      const made = makeDecision(options, world);
      const deployment = await deploymentFor(session, globals);
      const customers = await deployment.customers();
      const [profile, persona] = [asPersona(profileText), asPersona(personaText)];
      const cuts = await cutsToTakeBack(profile, persona, customers);
      const personas = [...new Set(cuts.flatMap(({ off, kept }) => [...off, ...kept]))];
      const around = await requireNeighbourhood(personas, customers, deployment);
      const withdrawals = cuts.map((cut): Withdrawal => ({ kind: 'withdraw', ...made, id: randomUUID(), of: cut.id }));
      const after = resolveWith(around, withdrawals);
      const other = otherSide(cuts, persona);
      const joins = areOne(after, other, persona);
      const isDone = async () => {
        const [one, two] = await Promise.all([customers.getPlace(other), customers.getPlace(persona)]);
        return !joins || one?.root === two?.root;
      };
      const language = languageOf(options.lang, world);
      const apart = joins ? undefined : whyApart(after, around, withdrawals, [other, persona])[language];
      await applyChange(
        { decisions: withdrawals, personas, around, isDone },
        { deployment, customers, world, globals, dryRun: options.dryRun === true },
        ({ changes, applied }) =>
          [
            `Taken back: ${cuts.map(renderCut).join('; ')}`,
            renderChanges(changes, applied),
            ...(apart === undefined ? [] : [`${other} and ${persona} are not one all the same: ${apart}.`]),
          ].join('\n'),
      );
    });
}

/** The cuts in force that part the two; where a profile's first persona was taken off, its own name stands for the profile. */
async function cutsToTakeBack(profile: PersonaId, persona: PersonaId, customers: Customers): Promise<Cut[]> {
  const contents = await Promise.all([customers.getContent(profile), customers.getContent(persona)]);
  const { cuts } = standing(contents.flatMap(({ decisions }) => decisions));
  const between = cutsBetween(cuts, new Set([profile]), new Set([persona]));
  const named = cuts.filter(({ off, kept }) => off.includes(persona) && [...off, ...kept].includes(profile));
  const found = between.length > 0 ? between : named;
  if (found.length > 0) return found;
  const mine = standing(contents[1].decisions).cuts.filter(({ off }) => off.includes(persona));
  const from = [...new Set(mine.map(({ kept }) => kept[0]))].filter((one) => one !== undefined);
  throw new CliError(
    'not_unlinked',
    `No unlink parts ${persona} from ${profile}.${from.length > 0 ? ` It was taken off ${from.join(', ')}.` : ''}`,
  );
}

/** A persona that the cut kept away from this one. */
function otherSide(cuts: readonly Cut[], persona: PersonaId): PersonaId {
  const [cut] = cuts;
  const side = cut?.off.includes(persona) ? cut.kept : cut?.off;
  return side?.[0] ?? persona;
}

function whyApart(
  after: Resolution,
  around: Neighbourhood,
  withdrawals: readonly Withdrawal[],
  [one, other]: readonly [PersonaId, PersonaId],
): Words {
  const [a, b] = [profileOf(after, one), profileOf(after, other)];
  const { cuts } = standing([...around.input.decisions, ...withdrawals]);
  const still = cutsBetween(cuts, membersOf(a), membersOf(b));
  if (still.length > 0) {
    const told = `(${still.map(renderCut).join('; ')})`;
    return { zh: `${APART_WORDS.cut.zh}${told}`, en: `${APART_WORDS.cut.en} ${told}` };
  }
  const suggestion = after.suggestions.find(
    ({ between }) => a && b && between.includes(a.id) && between.includes(b.id),
  );
  if (!suggestion) return APART_WORDS.no_link;
  const reasons = explainSuggestion(suggestion, around, MASKED);
  return {
    zh: `${APART_WORDS.rules.zh}${reasons.map(({ zh }) => zh.replace(/。$/, '')).join('；')}`,
    en: `${APART_WORDS.rules.en}${reasons.map(({ en }) => en.replace(/\.$/, '')).join('; ')}`,
  };
}

const profileOf = ({ profiles }: Resolution, persona: PersonaId): Profile | undefined =>
  profiles.find(({ personas }) => personas.some(({ id }) => id === persona));

const membersOf = (profile: Profile | undefined): ReadonlySet<PersonaId> =>
  new Set(profile?.personas.map(({ id }) => id));
