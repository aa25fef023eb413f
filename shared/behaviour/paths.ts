/** Where events are posted to: our own path, those of Segment's SDKs, and the short ones of analytics.js. */

/** What a path takes: `events` and `batch` what the body says; a call of its own; or figures of an SDK about itself. */
export type Takes = CallType | 'events' | 'batch' | 'metrics';

export const CALL_TYPES = ['track', 'identify', 'page', 'screen', 'alias', 'group'] as const;
/** A call of Segment's specification. */
export type CallType = (typeof CALL_TYPES)[number];

export const COLLECT_PATHS: Readonly<Record<string, Takes>> = {
  '/v1/events': 'events',
  '/v1/batch': 'batch',
  '/v1/import': 'batch',
  '/v1/track': 'track',
  '/v1/identify': 'identify',
  '/v1/page': 'page',
  '/v1/screen': 'screen',
  '/v1/alias': 'alias',
  '/v1/group': 'group',
  '/v1/b': 'batch',
  '/v1/t': 'track',
  '/v1/i': 'identify',
  '/v1/p': 'page',
  '/v1/s': 'screen',
  '/v1/a': 'alias',
  '/v1/g': 'group',
  '/v1/m': 'metrics',
};
