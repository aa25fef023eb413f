/** Waiting for what a deployment does by itself, with what it has come to told on stderr. */
import type { Command } from 'commander';
import { note, plural } from './output.ts';
import { type Globals, readCount } from './session.ts';
import type { World } from './world.ts';

const POLL_MS = 2_000;
const TOLD_EVERY_MS = 5_000;

interface Wait<T> {
  readonly look: () => Promise<T>;
  readonly isOver: (seen: T) => boolean;
  readonly tell: (seen: T) => string;
}

/** As it was seen last: over, or not after so many seconds. */
export async function waitUntil<T>(
  { look, isOver, tell }: Wait<T>,
  { world, globals, seconds }: { readonly world: World; readonly globals: Globals; readonly seconds: number },
): Promise<T> {
  const nowMs = () => world.clock().getTime();
  const deadline = nowMs() + seconds * 1_000;
  let told = { text: '', atMs: Number.NEGATIVE_INFINITY };
  for (;;) {
    const seen = await look();
    if (isOver(seen)) return seen;
    if (nowMs() >= deadline) {
      if (!globals.json) note(world, `not over after ${plural(seconds, 'second')}; it goes on by itself`);
      return seen;
    }
    const text = tell(seen);
    // Scripts are told nothing: to them stderr is an error, as JSON.
    if (!globals.json && text !== told.text && nowMs() - told.atMs >= TOLD_EVERY_MS) {
      note(world, text);
      told = { text, atMs: nowMs() };
    }
    await world.sleep(POLL_MS);
  }
}

export interface WaitOption {
  /** Seconds; true: as long as is usual. */
  readonly wait?: number | true;
}

const SECONDS_USUAL = 600;
const SECONDS_MOST = 24 * 60 * 60;

/** `what`: after "wait until". */
export const withWait = (command: Command, what: string): Command =>
  command.option(
    '--wait [seconds]',
    `wait until ${what}, at most so long (${SECONDS_USUAL} unless given)`,
    (text: string) => readCount('--wait', text, SECONDS_MOST),
  );

export const secondsOf = (wait: number | true): number => (wait === true ? SECONDS_USUAL : wait);
