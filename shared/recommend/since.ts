import { epochMs, type Instant, instant } from '../time/instant.ts';
import { timestamp } from './dialect.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** The literal of the time so many days before. */
export const since = (asOf: Instant, days: number): string => timestamp(instant(epochMs(asOf) - days * DAY_MS));
