/** `profile`: the unified profile of a customer, found by what a person has in hand. */
import type { Command } from 'commander';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { Rejection } from '../../shared/identity/unlinkable.ts';
import { REJECTION_WORDS } from '../../shared/profiles/explain-words.ts';
import { type FindableType, findProfiles, rootOf } from '../../shared/profiles/find.ts';
import { historyPage } from '../../shared/profiles/history-page.ts';
import { MASKED, REVEALED } from '../../shared/profiles/reveal.ts';
import { readProfile } from '../../shared/profiles/unified.ts';
import type { Language } from '../../shared/tiers/reasons.ts';
import { asPersona, briefOf, linkingOf, requireRoot, tellBrief } from '../customer.ts';
import { CliError, FAILED, USED_WRONGLY, UsageError } from '../errors.ts';
import { renderHistory } from '../history-text.ts';
import { languageOf, languageOption } from '../language.ts';
import { personaOfOrder } from '../order-identity.ts';
import { answer, note } from '../output.ts';
import { renderProfile } from '../profile-text.ts';
import { deploymentFor, examples, globalsOf, readCount, type Session } from '../session.ts';
import { readSettings } from '../settings.ts';
import type { Customers, Deployment, World } from '../world.ts';

interface ProfileOptions {
  readonly id?: string;
  readonly phone?: string;
  readonly email?: string;
  readonly memberCard?: string;
  readonly unionId?: string;
  readonly order?: string;
  readonly region: string;
  readonly reveal?: boolean;
  readonly lang?: Language;
  readonly history?: boolean;
  readonly limit: number;
  readonly cursor?: string;
}

type Way =
  | { readonly by: 'id' | 'order'; readonly text: string }
  | { readonly by: FindableType; readonly text: string };

export function addProfile(program: Command, session: Session): void {
  const { world } = session;
  program
    .command('profile')
    .description('show the unified profile of a customer: personas, identifiers, figures, tier')
    .option('--id <id>', 'by its id, or the id of any of its personas')
    .option('--phone <number>', 'by a phone; without a country code it is of --region')
    .option('--email <address>', 'by an email address')
    .option('--member-card <number>', 'by a member card')
    .option('--union-id <id>', 'by a unionid')
    .option('--order <key>', 'by one of their orders, channel/connection/orderId')
    .option('--region <region>', 'ISO 3166 region of a phone without a country code', 'CN')
    .option('--reveal', 'show personal values in full in the text; JSON always does')
    .addOption(languageOption())
    .option('--history', 'instead: its tiers, merges, splits and what people decided, the newest first')
    .option('--limit <number>', 'of the history, at most so many', (text) => readCount('--limit', text, 1_000), 50)
    .option('--cursor <cursor>', 'of the history, what comes after an earlier answer')
    .addHelpText(
      'after',
      examples(
        'profile --phone 13912345678',
        'profile --order shopify/my-shop/450789469 --reveal --lang zh',
        'profile --id shopify/my-shop/123 --history',
      ),
    )
    .action(async (options: ProfileOptions, command: Command) => {
      const globals = globalsOf(command);
      const way = readWay(options);
      const { region } = readSettings({ region: options.region });
      const deployment = await deploymentFor(session, globals);
      const customers = await deployment.customers();
      const language = languageOf(options.lang, world);
      const id = await find(way, { region, language, deployment, customers, world });
      if (options.history) return showHistory(id, options, { deployment, customers, language, world, globals, way });
      const profile = await readProfile(id, customers, (await linkingOf(deployment)).rules);
      if (!profile) throw notFound(way);
      const masked = options.reveal !== true;
      answer(world, globals, profile, () =>
        renderProfile(profile, { language, reveal: masked ? MASKED : REVEALED, masked }),
      );
    });
}

interface Showing {
  readonly deployment: Deployment;
  readonly customers: Customers;
  readonly language: Language;
  readonly world: World;
  readonly globals: ReturnType<typeof globalsOf>;
  readonly way: Way;
}

/** Of the profile that it belongs to now; decisions stand between the entries of their time. */
async function showHistory(
  persona: PersonaId,
  { limit, cursor }: Pick<ProfileOptions, 'limit' | 'cursor'>,
  { deployment, customers, language, world, globals, way }: Showing,
): Promise<void> {
  const root = await rootOf(persona, customers);
  if (!root) throw notFound(way);
  const { items, next } = await historyPage(root, { limit, after: cursor }, { history: deployment.history, customers });
  const shown = { id: root.persona, items, nextCursor: next ?? null };
  answer(world, globals, shown, () => renderHistory(shown.items, language));
  if (next !== undefined && !globals.json) note(world, `there are more: --cursor ${next}`);
}

function readWay({ id, phone, email, memberCard, unionId, order }: ProfileOptions): Way {
  const ways: readonly { readonly by: Way['by']; readonly text: string | undefined }[] = [
    { by: 'id', text: id },
    { by: 'phone', text: phone },
    { by: 'email', text: email },
    { by: 'member_card', text: memberCard },
    { by: 'union_id', text: unionId },
    { by: 'order', text: order },
  ];
  const [way, second] = ways.flatMap(({ by, text }): readonly Way[] => (text === undefined ? [] : [{ by, text }]));
  if (way && !second) return way;
  throw new UsageError(
    'By what? Give one of --id, --phone, --email, --member-card, --union-id and --order, for example --phone 13912345678.',
  );
}

interface Finding {
  readonly region: string | undefined;
  readonly language: Language;
  readonly deployment: Deployment;
  readonly customers: Customers;
  readonly world: World;
}

/** The one persona or profile that it leads to. */
async function find({ by, text }: Way, finding: Finding): Promise<PersonaId> {
  const { region, language, deployment, customers, world } = finding;
  if (by === 'id') return asPersona(text);
  if (by === 'order') return personaOfOrder(text, deployment, world);
  const { lookup } = await deployment.identityKeys();
  const { rules } = await linkingOf(deployment);
  const found = await findProfiles({ type: by, text, region }, customers, lookup, rules);
  if (found.kind === 'rejected') throw rejected(found.reason);
  const [first, second] = found.profiles;
  if (first === undefined) throw notFound({ by, text }, region);
  if (second === undefined) return first;
  throw await several(found.profiles, found.shared, { language, customers });
}

/** Mistyped, or a value that orders do carry, but that is never kept as anybody's. */
function rejected(reason: Rejection): CliError {
  const isMistyped = reason === 'masked' || reason === 'not_a_phone' || reason === 'not_an_email';
  const hint = reason === 'not_a_phone' ? ' Without a country code it is read as of --region (CN unless given).' : '';
  return new CliError(
    'not_findable',
    `Nobody can be found by this: ${REJECTION_WORDS[reason].en}.${hint} Try --order or --id.`,
    { exitCode: isMistyped ? USED_WRONGLY : FAILED },
  );
}

function notFound({ by, text }: Way, region?: string): CliError {
  if (by === 'id')
    return new CliError('profile_not_found', `There is no profile ${text}, nor one that has been of that name.`);
  if (by === 'order') {
    return new CliError(
      'profile_not_found',
      `Order ${text} is in no profile: it is not paid in full, a test or deleted; or it has just come, then try again.`,
    );
  }
  const hint =
    by === 'phone' && !text.trim().startsWith('+') ? ` It was read as a number of ${region}; see --region.` : '';
  return new CliError('profile_not_found', `No customer with this ${by.replace('_', ' ')}.${hint}`);
}

const TOLD_MOST = 10;

/** Which one is for a person to say. */
async function several(
  ids: readonly PersonaId[],
  shared: boolean,
  { language, customers }: Pick<Finding, 'language' | 'customers'>,
): Promise<CliError> {
  const told = await Promise.all(
    ids
      .slice(0, TOLD_MOST)
      .map(async (id) => tellBrief(await briefOf(await requireRoot(id, customers), customers, MASKED), language)),
  );
  // Of a shared value not all were read.
  const more = shared ? ' and more' : ids.length > TOLD_MOST ? ` and ${ids.length - TOLD_MOST} more` : '';
  const why = shared ? 'So many have it that it links nobody' : 'Several customers have it';
  return new CliError(
    'several_profiles',
    `${why}: ${told.join('; ')}${more}. Choose one with \`tributary profile --id ID\`.`,
  );
}
