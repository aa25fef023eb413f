/** People who part and join customers at random instants, step by step as the commands of the CLI do, and take some of it back. */
import type { Random } from '../../demo/random.ts';
import type { Cut, Decision } from '../../shared/identity/cuts.ts';
import type { PersonaId } from '../../shared/identity/persona.ts';
import type { StoredProfile } from '../../shared/profiles/profile.ts';
import type { ProfilesMessage } from '../../shared/queues/messages.ts';
import type { Queue } from '../../shared/queues/queue.ts';
import { type Instant, instant } from '../../shared/time/instant.ts';
import type { MemoryCustomers } from './models/customers.ts';
import type { Plan } from './plan.ts';
import type { Scheduler } from './scheduler.ts';

export interface DeciderOptions {
  readonly plan: Pick<Plan, 'profiles' | 'startMs' | 'settings'>;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly customers: MemoryCustomers<StoredProfile>;
  readonly queue: Queue<ProfilesMessage>;
}

/** Answers all decisions made so far. */
export function decideNowAndThen(options: DeciderOptions): () => readonly Decision[] {
  const { plan, scheduler, customers, queue, random } = options;
  const made: Decision[] = [];
  const pause = () => new Promise<void>((resolve) => scheduler.after(random.int(1, plan.settings.latencyMs), resolve));

  async function decide(): Promise<void> {
    const next = draw(made, customers, random, instant(scheduler.nowMs()));
    if (!next) return;
    const { decision, personas } = next;
    made.push(decision);
    // First who they are of, then the decision, then the message: between any two, profiles move.
    const looked: PersonaId[] = [];
    for (const persona of personas) {
      await pause();
      looked.push((await customers.getPlace(persona))?.root ?? persona);
    }
    for (const persona of personas) {
      await pause();
      await customers.putDecision([persona], decision);
    }
    await pause();
    await queue.send({ personas: [...new Set(looked)], cause: 'merge' });
  }

  for (const atMs of plan.profiles.decisionsAtMs) scheduler.after(atMs - plan.startMs, () => void decide());
  return () => made;
}

interface Drawn {
  readonly decision: Decision;
  readonly personas: readonly PersonaId[];
}

function draw(
  made: readonly Decision[],
  customers: MemoryCustomers<StoredProfile>,
  random: Random,
  at: Instant,
): Drawn | undefined {
  const base = { id: `decision-${made.length}`, at, by: 'simulation', reason: 'chance' };
  const standing = made.filter(({ kind, id }) => kind !== 'withdraw' && !made.some((one) => isOf(one, id)));
  const taken = random.chance(0.3) ? standing[random.int(0, standing.length - 1)] : undefined;
  if (taken) return { decision: { ...base, kind: 'withdraw', of: taken.id }, personas: namedBy(taken) };
  const roots = customers.places().filter(({ persona, root, profile }) => persona === root && profile?.facts.orders);
  const of = random.chance(0.6) ? roots.filter(({ members }) => members.length > 1) : [];
  const [together] = random.shuffle(of);
  if (together) {
    const off = random.shuffle(together.members).slice(0, 1);
    const decision: Cut = { ...base, kind: 'unlink', off, kept: together.members.filter((one) => !off.includes(one)) };
    return { decision, personas: namedBy(decision) };
  }
  const [one, other] = random.shuffle(roots.map(({ persona }) => persona));
  if (one === undefined || other === undefined) return undefined;
  return { decision: { ...base, kind: 'accept', between: [one, other] }, personas: [one, other] };
}

const isOf = (decision: Decision, id: string): boolean => decision.kind === 'withdraw' && decision.of === id;

function namedBy(decision: Decision): readonly PersonaId[] {
  if (decision.kind === 'unlink') return [...decision.off, ...decision.kept];
  return decision.kind === 'accept' ? decision.between : [];
}
