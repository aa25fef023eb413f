import type { AuditLog } from '../../shared/api/audit.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { readCursor, writeCursor } from './cursor.ts';
import type { Handlers } from './serve.ts';

export interface AuditReads {
  readonly audit: Pick<AuditLog, 'listEntries'>;
  readonly clock: Clock;
}

const LIST = ['audit'];

export const auditHandlers = ({ audit, clock }: AuditReads): Pick<Handlers, 'listAudit'> => ({
  async listAudit({ query: { limit, cursor } }) {
    const { items, next } = await audit.listEntries(clock(), limit, readCursor(LIST, cursor));
    return { status: 200, body: { items, nextCursor: writeCursor(LIST, next) } };
  },
});
