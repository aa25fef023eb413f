/** What people decide about links, from the reason they give until the profiles have followed. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { type ProfileChanges, previewJoin, profileNames } from '../shared/identity/changes.ts';
import type { Acceptance, Cut, Decision } from '../shared/identity/cuts.ts';
import type { PersonaId } from '../shared/identity/persona.ts';
import { type Resolution, resolve } from '../shared/identity/resolve.ts';
import { rootOf } from '../shared/profiles/find.ts';
import type { Neighbourhood } from '../shared/profiles/neighbourhood.ts';
import { instant } from '../shared/time/instant.ts';
import { CliError, UsageError } from './errors.ts';
import { operatorName, readWhy } from './operator.ts';
import { answer, note } from './output.ts';
import type { Globals } from './session.ts';
import type { Customers, Deployment, World } from './world.ts';

export interface DecisionOptions {
  readonly why?: string;
  readonly by?: string;
  readonly dryRun?: boolean;
}

export const withDecision = (command: Command): Command =>
  command
    .option('--why <text>', 'the reason, kept for good', readWhy)
    .option('--by <name>', "who decides it, if not the operating system's user")
    .option('--dry-run', 'only show which profiles would join or part');

export type Made = Pick<Decision, 'id' | 'at' | 'by' | 'reason'>;

export function makeDecision({ why, by, dryRun }: DecisionOptions, world: Pick<World, 'env' | 'clock'>): Made {
  if (why === undefined && !dryRun)
    throw new UsageError(
      'Why? Give --why TEXT, for who reads it in a year. --dry-run only shows what would change.',
      'why_missing',
    );
  const at = instant(world.clock().getTime());
  return { id: randomUUID(), at, by: dryRun ? (by ?? '') : operatorName(by, world), reason: why ?? '' };
}

export interface Change {
  readonly decisions: readonly Decision[];
  /** All that the decisions name: each gets to know them. */
  readonly personas: readonly PersonaId[];
  readonly around: Neighbourhood;
  /** Whether the profiles have followed. */
  readonly isDone: () => Promise<boolean>;
}

export interface Changed {
  readonly decisions: readonly ReturnType<typeof shown>[];
  readonly changes: ProfileChanges;
  /** False of a dry run. */
  readonly applied: boolean;
  /** Those that the personas are of, afterwards. */
  readonly profiles: readonly PersonaId[];
}

const shown = ({ reason, ...decision }: Decision) => ({ ...decision, why: reason });

/** How things would stand with these decisions, too. */
export const resolveWith = ({ input }: Neighbourhood, decisions: readonly Decision[]): Resolution =>
  resolve({ ...input, decisions: [...input.decisions, ...decisions] });

export const areOne = (resolution: Resolution, a: PersonaId, b: PersonaId): boolean => {
  const names = profileNames(resolution);
  const name = names.get(a);
  return name !== undefined && name === names.get(b);
};

/** The cuts in force of which these lie on the two sides. */
export const cutsBetween = (cuts: readonly Cut[], a: ReadonlySet<PersonaId>, b: ReadonlySet<PersonaId>): Cut[] => {
  const meets = (side: readonly PersonaId[], group: ReadonlySet<PersonaId>) => side.some((one) => group.has(one));
  return cuts.filter(({ off, kept }) => (meets(off, a) && meets(kept, b)) || (meets(off, b) && meets(kept, a)));
};

export interface Applying {
  readonly deployment: Pick<Deployment, 'profiles'>;
  readonly customers: Customers;
  readonly world: World;
  readonly globals: Globals;
  readonly dryRun: boolean;
}

/** Shows what it changes; unless it is a dry run, keeps it, has the profiles derived anew, and waits for them. */
export async function applyChange(change: Change, applying: Applying, human: (changed: Changed) => string) {
  const { decisions, personas, around, isDone } = change;
  const { deployment, customers, world, globals, dryRun } = applying;
  const changes = previewJoin(around.input, { decisions });
  if (!dryRun) {
    const looked = await rootsOf(personas, customers);
    for (const decision of decisions) await customers.putDecision(personas, decision);
    if (looked.length > 0) await deployment.profiles.send({ personas: looked, cause: 'merge' });
    await waitFor(isDone, decisions, applying);
  }
  const changed: Changed = {
    decisions: decisions.map(shown),
    changes,
    applied: !dryRun,
    profiles: dryRun ? profilesWith(around, change) : await rootsOf(personas, customers),
  };
  answer(world, globals, changed, human);
}

const profilesWith = (around: Neighbourhood, { decisions, personas }: Change): PersonaId[] => {
  const names = profileNames(resolveWith(around, decisions));
  return [...new Set(personas.flatMap((persona) => names.get(persona) ?? []))].sort();
};

async function rootsOf(personas: readonly PersonaId[], customers: Customers): Promise<PersonaId[]> {
  const roots = await Promise.all(personas.map((persona) => rootOf(persona, customers)));
  return [...new Set(roots.flatMap((root) => root?.persona ?? []))].sort();
}

const WAIT_MS = 30_000;
const POLL_MS = 500;

async function waitFor(
  isDone: () => Promise<boolean>,
  decisions: readonly Decision[],
  { world, globals }: Pick<Applying, 'world' | 'globals'>,
): Promise<void> {
  const until = world.clock().getTime() + WAIT_MS;
  for (let look = 1; !(await isDone()); look++) {
    if (world.clock().getTime() >= until) {
      const ids = decisions.map(({ id }) => id).join(', ');
      throw new CliError(
        'not_followed_yet',
        `The decision is kept (${ids}), but the profiles have not followed within ${WAIT_MS / 1_000} s. They will, without doing this again, once the profiles queue is worked off; \`tributary doctor\` tells what keeps it.`,
      );
    }
    if (look === 1 && !globals.json) note(world, `kept; waiting up to ${WAIT_MS / 1_000} s for the profiles to follow`);
    await world.sleep(POLL_MS);
  }
}

/** Which profiles join or part, by name. */
export function renderChanges({ merged, split }: ProfileChanges, applied: boolean): string {
  const [join, part, nothing] = applied
    ? ['were joined into', 'was parted into', 'No profile was joined or parted.']
    : ['would be joined into', 'would be parted into', 'No profile would be joined or parted.'];
  const lines = [
    ...merged.map(({ into, from }) => `${from.join(', ')} ${join} ${into}.`),
    ...split.map(({ from, into }) => `${from} ${part} ${into.join(', ')}.`),
  ];
  return lines.length === 0 ? nothing : lines.join('\n');
}

/** Why they are kept apart, in a person's words. */
export const renderCut = ({ by, at, reason }: Cut | Acceptance): string => `${by}, ${at.slice(0, 10)}: ${reason}`;
