/** Ending processes for certain: the emulator and the Node process of every function share one process group. */
import { setTimeout as sleep } from 'node:timers/promises';

export function isAlive(pid: number): boolean {
  return canSignal(pid);
}

/** Asks the group to end, insists after `graceMs`, and returns when nobody of it is left. */
export async function endProcessGroup(leader: number, graceMs = 3_000): Promise<void> {
  // Windows has no process groups: ending the leader closes its functions' stdin, which ends them.
  const target = process.platform === 'win32' ? leader : -leader;
  signal(target, 'SIGTERM');
  if (await isGone(target, graceMs)) return;
  signal(target, 'SIGKILL');
  await isGone(target, 5_000);
}

async function isGone(target: number, withinMs: number): Promise<boolean> {
  for (const end = Date.now() + withinMs; Date.now() < end; ) {
    if (!canSignal(target)) return true;
    await sleep(25);
  }
  return !canSignal(target);
}

function canSignal(target: number): boolean {
  try {
    process.kill(target, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // there, but another user's
  }
}

export function signal(target: number, name: NodeJS.Signals): void {
  try {
    process.kill(target, name);
  } catch {
    // already gone
  }
}
