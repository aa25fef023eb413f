/** `recommendations`: what customers are likely to want, and which version of that is read. */
import type { Command } from 'commander';
import type * as z from 'zod';
import type { RecommendationsAnswer, VersionsAnswer } from '../../shared/api/recommendations.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import type { Language } from '../../shared/tiers/reasons.ts';
import { API_HELP, apiFor } from '../api.ts';
import { readProductId } from '../catalogue-text.ts';
import { languageOf, languageOption } from '../language.ts';
import { answer, facts, minute, oneLine, plural, table } from '../output.ts';
import { gatherAsked, noteMore, type PageOptions, withPages } from '../pages.ts';
import { examples, globalsOf, readCount, refuseOtherWords, type Session } from '../session.ts';

interface ShowOptions {
  readonly limit: number;
  readonly lang?: Language;
}

const MOST = 20;

export function addRecommendations(program: Command, session: Session): void {
  const recommendations = program
    .command('recommendations')
    .description(
      'what customers are likely to want: versions (unless said otherwise), show, audience, make, roll-back, resume',
    )
    .addHelpText(
      'after',
      [
        examples(
          'recommendations show shopify/my-shop/123 --lang zh',
          'recommendations audience dongding',
          'recommendations roll-back',
        ),
        '',
        API_HELP,
      ].join('\n'),
    );
  addVersions(recommendations, session);
  addShow(recommendations, session);
  addAudience(recommendations, session);
  addMake(recommendations, session);
  addRollBack(recommendations, session);
  addResume(recommendations, session);
}

function addVersions(recommendations: Command, session: Session): void {
  recommendations
    .command('versions', { isDefault: true })
    .description('which version is read, and those before it')
    .addHelpText('after', examples('recommendations', 'recommendations versions --json'))
    .allowExcessArguments()
    .action(async (_options: unknown, command: Command) => {
      refuseOtherWords(command, recommendations);
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      answer(session.world, globals, await api.call(ROUTES.getRecommendationVersions), renderVersions);
    });
}

function addShow(recommendations: Command, session: Session): void {
  const { world } = session;
  recommendations
    .command('show')
    .description('what a customer is most likely to want, and why')
    .argument('<profile>', 'id of the profile, or of one of its personas')
    .option('--limit <count>', `so many at most, up to ${MOST}`, (text) => readCount('--limit', text, MOST), 10)
    .addOption(languageOption())
    .addHelpText('after', examples('recommendations show shopify/my-shop/123'))
    .action(async (id: string, { limit, lang }: ShowOptions, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const recommended = await api.call(ROUTES.recommendToProfile, { params: { id }, query: { limit } });
      answer(world, globals, recommended, (all) => render(all, languageOf(lang, world)));
    });
}

function addAudience(recommendations: Command, session: Session): void {
  const { world } = session;
  withPages(
    recommendations
      .command('audience')
      .description(
        'the customers most likely to want a product, as a segment: {"field":"tags","includes":"likely:<product>"}',
      )
      .argument('<product>', 'id of the product', readProductId),
  )
    .addHelpText('after', examples('recommendations audience dongding --all --json'))
    .action(async (id: string, pages: PageOptions, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const ask = (query: { limit: number; cursor?: string }) =>
        api.call(ROUTES.listAudienceOfProduct, { params: { id }, query });
      const listed = await gatherAsked(ask, pages, { command, world, globals });
      answer(world, globals, listed, ({ items }) =>
        items.length === 0
          ? `Nobody is known to want ${oneLine(id)}: no version has it, or nobody has bought or looked at the like.`
          : table(
              ['profile', { name: 'chance', align: 'right' }],
              items.map(({ profile, score }) => [profile, score.toFixed(3)]),
            ),
      );
      noteMore(listed, world, globals);
    });
}

function addMake(recommendations: Command, session: Session): void {
  recommendations
    .command('make')
    .description('make the next version now, and not within the hour')
    .option('--full', 'of everybody, not only those who have changed', false)
    .addHelpText('after', examples('recommendations make', 'recommendations make --full'))
    .action(async ({ full }: { readonly full: boolean }, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const begun = await api.call(ROUTES.makeRecommendations, { body: { full } });
      answer(
        session.world,
        globals,
        begun,
        () => 'It has begun. `tributary recommendations` shows its version once it is read.',
      );
    });
}

function addRollBack(recommendations: Command, session: Session): void {
  recommendations
    .command('roll-back')
    .description('read the version before, within ten seconds, and make no other until `resume`')
    .addHelpText('after', examples('recommendations roll-back'))
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      answer(session.world, globals, await api.call(ROUTES.rollBackRecommendations, {}), renderVersions);
    });
}

function addResume(recommendations: Command, session: Session): void {
  recommendations
    .command('resume')
    .description('make versions again after a roll back; the next one is of everybody')
    .addHelpText('after', examples('recommendations resume'))
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      answer(session.world, globals, await api.call(ROUTES.resumeRecommendations, {}), renderVersions);
    });
}

function renderVersions({ current, previous, held }: VersionsAnswer): string {
  if (!current) return 'None were made yet: they are once there is a snapshot of profiles, within the hour.';
  const told = facts([
    ['read', `${current.id}, built ${minute(current.builtAt)} (UTC)`],
    ['of', plural(current.customers, 'customer')],
    ['rests on', current.full === current.id ? 'nothing: it is of everybody' : current.full],
    [
      'held',
      held
        ? `since ${minute(held.at)}, by ${oneLine(held.by)}: nothing is made until \`recommendations resume\``
        : undefined,
    ],
  ]);
  if (previous.length === 0) return told;
  return [
    told,
    '',
    table(
      ['before', 'built', { name: 'customers', align: 'right' }],
      previous.map(({ id, builtAt, customers }) => [id, minute(builtAt), String(customers)]),
    ),
  ].join('\n');
}

function render({ profile, items, builtAt }: z.infer<typeof RecommendationsAnswer>, language: Language): string {
  if (items.length === 0) return `There is nothing to recommend to ${profile} yet.`;
  const shown = table(
    [{ name: '', align: 'right' }, 'product', 'title', 'why'],
    items.map(({ product, title, why }, index) => [
      String(index + 1),
      product,
      oneLine(title?.[language] ?? title?.zh ?? title?.en ?? '-'),
      oneLine(why[language]),
    ]),
  );
  return [shown, '', `Built: ${builtAt === null ? 'never' : `${minute(builtAt)} (UTC)`}`].join('\n');
}
