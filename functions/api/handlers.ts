/** Each operation with what it needs. */
import type { OpenApiDocument } from '../../shared/api/document.ts';
import type { ExportManagement } from '../../shared/exports/manage.ts';
import type { OrderReads } from '../../shared/profiles/order-reading.ts';
import type { Management } from '../../shared/subscribers/manage.ts';
import { type AuditReads, auditHandlers } from './audit.ts';
import { eventHandlers } from './events.ts';
import { exportHandlers } from './exports.ts';
import { type MarkingDependencies, markHandlers } from './marks.ts';
import { orderHandlers } from './orders.ts';
import { type ProfileReads, profileHandlers } from './profiles.ts';
import { type SegmentDependencies, segmentHandlers } from './segments.ts';
import type { Handlers } from './serve.ts';
import { subscriberHandlers } from './subscribers.ts';
import { type TierPolicies, tierPolicyHandlers } from './tier-policy.ts';

export interface HandlerDependencies {
  readonly orders: OrderReads;
  readonly profiles: ProfileReads;
  readonly marks: MarkingDependencies;
  readonly segments: SegmentDependencies;
  readonly exports: ExportManagement;
  readonly subscribers: Management;
  readonly tierPolicy: TierPolicies;
  readonly audit: AuditReads;
  /** As `npm run openapi` wrote it; read when it is asked for, as it is large. */
  readonly openapi: () => Promise<OpenApiDocument>;
}

export const createHandlers = (its: HandlerDependencies): Handlers => ({
  ...orderHandlers(its.orders),
  ...profileHandlers(its.profiles),
  ...markHandlers(its.marks),
  ...segmentHandlers(its.segments),
  ...exportHandlers(its.exports),
  ...subscriberHandlers(its.subscribers),
  ...tierPolicyHandlers(its.tierPolicy),
  ...eventHandlers,
  ...auditHandlers(its.audit),
  getOpenApi: async () => ({ status: 200, body: await its.openapi() }),
});
