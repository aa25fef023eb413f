/** Where a function that works on files has them: a folder of its process, as on one's own machine several share the disk. */
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

/**
 * Its path; there is nothing in it. A process that died or ran out of time left its own behind, and the next one may find it on the
 * same disk: it goes, as a few of them would fill that.
 */
export function ownFolder(name: string, root = '/tmp'): string {
  const prefix = `tributary-${name}-`;
  for (const entry of readdirSync(root)) {
    const pid = entry.startsWith(prefix) ? Number(entry.slice(prefix.length)) : Number.NaN;
    if (pid === process.pid || (Number.isInteger(pid) && !isAlive(pid)))
      rmSync(path.join(root, entry), { recursive: true, force: true });
  }
  return path.join(root, `${prefix}${process.pid}`);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Else it is another's, and may not be asked.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
