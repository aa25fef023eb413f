/** A lock between processes: a directory, as creating one either succeeds or tells that another was first. */
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './processes.ts';

/** A holder writes its pid right after it made the directory; one without a pid for this long died in between. */
const UNSIGNED_FOR_MS = 5_000;

export async function withLock<T>(lock: string, report: (line: string) => void, work: () => Promise<T>): Promise<T> {
  await acquire(lock, report);
  try {
    return await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

async function acquire(lock: string, report: (line: string) => void): Promise<void> {
  await mkdir(path.dirname(lock), { recursive: true });
  for (let waited = 0; ; waited++) {
    try {
      await mkdir(lock);
      await writeFile(path.join(lock, 'pid'), String(process.pid));
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = await holderOf(lock);
    if (holder === 'gone') await discard(lock);
    else {
      if (waited === 0) report('Waiting for another run that prepares the same folder…');
      await sleep(200);
    }
  }
}

async function holderOf(lock: string): Promise<'there' | 'gone'> {
  const pid = Number(await readFile(path.join(lock, 'pid'), 'utf8').catch(() => ''));
  if (pid > 0) return isAlive(pid) ? 'there' : 'gone';
  const made = await stat(lock).catch(() => undefined);
  return made && Date.now() - made.mtimeMs > UNSIGNED_FOR_MS ? 'gone' : 'there';
}

/** Renaming first: of several waiters that see the same dead holder, one moves it away and the others find nothing. */
async function discard(lock: string): Promise<void> {
  const aside = `${lock}.${process.pid}.${Date.now()}`;
  try {
    await rename(lock, aside);
  } catch {
    return;
  }
  if ((await holderOf(aside)) === 'there')
    await rename(aside, lock).catch(() => {}); // a new holder came in between
  else await rm(aside, { recursive: true, force: true });
}
