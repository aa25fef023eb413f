/** The audit trail: that a change begins is written before it does, how it ended after. What broke off in between shows. */
import type { AuditEntry, AuditLog } from '../../shared/api/audit.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import type { Telemetry } from '../../shared/runtime/telemetry.ts';
import { instant } from '../../shared/time/instant.ts';
import { refusalOf } from './problem.ts';

export interface TrailDependencies {
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly telemetry: Telemetry;
}

interface Change {
  readonly caller: string;
  readonly operation: string;
  readonly subject?: string | undefined;
}

const entryOf = ({ caller, operation, subject }: Change, { clock, newId }: TrailDependencies): AuditEntry => ({
  id: newId(),
  at: instant(clock().getTime()),
  caller,
  operation,
  ...(subject !== undefined && { subject }),
});

export async function trailed<Done extends { readonly status: number; readonly subject?: string }>(
  change: Change,
  dependencies: TrailDependencies,
  work: () => Promise<Done>,
): Promise<Done> {
  const { audit } = dependencies;
  const entry = entryOf(change, dependencies);
  await audit.putEntry(entry);
  const finish = (end: Partial<AuditEntry>) => put({ ...entry, ...end }, dependencies);
  try {
    const done = await work();
    await finish({ status: done.status, ...(done.subject !== undefined && { subject: done.subject }) });
    return done;
  } catch (error) {
    await finish({ status: refusalOf(error).status });
    throw error;
  }
}

/** That somebody tried what they may not. */
export const trailRefusal = (change: Change, status: number, dependencies: TrailDependencies): Promise<void> =>
  put({ ...entryOf(change, dependencies), status }, dependencies);

/** What is done is done: an entry that could not be written says less, and hides nothing. */
async function put(entry: AuditEntry, { audit, telemetry }: TrailDependencies): Promise<void> {
  try {
    await audit.putEntry(entry);
  } catch (error) {
    telemetry.error('Audit entry could not be written', error, { operation: entry.operation });
  }
}
