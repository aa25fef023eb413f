import type { AuditLog } from '../../shared/api/audit.ts';
import type { Clock } from '../../shared/runtime/clock.ts';
import { storePage } from './pages.ts';
import type { Handlers } from './serve.ts';

export interface AuditReads {
  readonly audit: Pick<AuditLog, 'listEntries'>;
  readonly clock: Clock;
}

const LIST = ['audit'];

export const auditHandlers = ({ audit, clock }: AuditReads): Pick<Handlers, 'listAudit'> => ({
  async listAudit({ query }) {
    const body = await storePage(LIST, query, (limit, after) => audit.listEntries(clock(), limit, after));
    return { status: 200, body };
  },
});
