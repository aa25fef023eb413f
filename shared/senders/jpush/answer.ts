/** What JPush's answers mean: a status, and where it is not 200 a number. They are of the whole push, whoever it was for. */
import * as z from 'zod';
import type { Answered } from '../exchange.ts';
import { byStatus, gone, later, refused, rejected, retryAfterMs, unknown } from '../outcomes.ts';
import { parseAnswer } from '../parse.ts';
import type { Outcome } from '../sender.ts';

const Failed = z.object({ error: z.object({ code: z.int() }) });

/** A window of the rate. */
const WINDOW_MS = 60_000;

/** 1004, 1008 key or secret; 2003 blocked; 2004 address not on the list; 2005 too much in all; 2006, 2007 not in the contract. */
const REFUSED: ReadonlySet<number> = new Set([1004, 1008, 2003, 2004, 2005, 2006, 2007]);

/** One of the devices is none of this app, or the content is wrong: JPush does not say which. */
export const JPUSH_INVALID = '1003';

export function readJpushAnswer(answer: Answered, nowMs: number): Outcome {
  const { status, headers, body } = answer;
  if (status === 200) {
    // From the text, as it may have more digits than a number holds.
    const id = /"msg_id"\s*:\s*"?(\d{1,20})"?/.exec(body ?? '')?.[1];
    return id === undefined ? unknown('answer_malformed') : { kind: 'sent', providerId: id };
  }
  const number = parseAnswer(Failed, body)?.error.code;
  if (number === undefined) return byStatus(status, headers, nowMs);
  const code = String(number);
  if (REFUSED.has(number)) return refused(code);
  switch (number) {
    case 1011:
      // No device is left of those that it was for.
      return gone(code);
    case 1000:
    case 1030:
      return later(code, retryAfterMs(headers, nowMs));
    case 2002:
    case 1012:
      return later(code, retryAfterMs(headers, nowMs) ?? rateReset(answer) ?? WINDOW_MS);
    default:
      return rejected(code);
  }
}

/** How long until requests are allowed again, where none is left in this window. */
export function rateReset({ headers }: Answered): number | undefined {
  const [left, reset] = [headers['x-rate-limit-remaining'], headers['x-rate-limit-reset']].map(Number);
  if (left === undefined || reset === undefined || left > 0 || !Number.isFinite(left)) return undefined;
  return Number.isFinite(reset) && reset > 0 ? Math.min(reset * 1000, WINDOW_MS) : undefined;
}
