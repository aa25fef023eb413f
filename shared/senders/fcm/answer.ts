/** What FCM's answers mean. */
import * as z from 'zod';
import type { Answered } from '../exchange.ts';
import { byStatus, gone, later, refused, rejected, retryAfterMs, unknown } from '../outcomes.ts';
import { parseAnswer } from '../parse.ts';
import type { Outcome } from '../sender.ts';
import type { TokenRefused } from '../token-source.ts';

const Sent = z.object({ name: z.string().regex(/^projects\/[^/\s]{1,100}\/messages\/[^/\s]{1,200}$/) });

const Failed = z.object({
  error: z.object({
    status: z.string().optional(),
    details: z
      .array(
        z.object({
          errorCode: z.string().optional(),
          fieldViolations: z.array(z.object({ field: z.string().optional() })).optional(),
        }),
      )
      .optional(),
  }),
});

/** "Use exponential backoff with a minimum initial delay of 1 minute." */
const QUOTA_WAIT_MS = 60_000;

export function readFcmAnswer({ status, headers, body }: Answered, nowMs: number): Outcome | TokenRefused {
  if (status === 200) {
    const sent = parseAnswer(Sent, body);
    return sent ? { kind: 'sent', providerId: sent.name } : unknown('answer_malformed');
  }
  const error = parseAnswer(Failed, body)?.error;
  const code = error?.details?.find(({ errorCode }) => errorCode !== undefined)?.errorCode ?? error?.status ?? '';
  const wait = retryAfterMs(headers, nowMs);
  switch (code) {
    case 'UNREGISTERED':
      return gone(code);
    case 'INVALID_ARGUMENT':
      // The same word is used for a token that is none and for a message that is wrong.
      return isAboutToken(error?.details) ? gone(code) : rejected(code);
    case 'SENDER_ID_MISMATCH':
      // The device belongs to another project. With the wrong credentials in place that is all of them, so none is removed.
      return rejected(code);
    case 'THIRD_PARTY_AUTH_ERROR':
    case 'PERMISSION_DENIED':
      return refused(code);
    case 'QUOTA_EXCEEDED':
    case 'RESOURCE_EXHAUSTED':
      return later(code, wait ?? QUOTA_WAIT_MS);
    case 'UNAVAILABLE':
    case 'INTERNAL':
      return later(code, wait);
    case 'UNAUTHENTICATED':
      return { kind: 'token_refused', code };
    case 'NOT_FOUND':
      // Without the word UNREGISTERED it is the project that is not there.
      return refused(code);
    default:
      if (status === 401) return { kind: 'token_refused', code: 'UNAUTHENTICATED' };
      return status === 429 ? later('http_429', wait ?? QUOTA_WAIT_MS) : byStatus(status, headers, nowMs);
  }
}

const isAboutToken = (details: NonNullable<z.infer<typeof Failed>['error']['details']> = []): boolean =>
  details.some(({ fieldViolations = [] }) => fieldViolations.some(({ field }) => field === 'message.token'));
