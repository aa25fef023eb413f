/** What WeChat's answers mean: a number, 0 where it was done, under HTTP 200 whatever it is. */
import * as z from 'zod';
import type { Answered } from '../exchange.ts';
import { byStatus, gone, later, refused, rejected, unknown } from '../outcomes.ts';
import { parseAnswer } from '../parse.ts';
import type { Outcome } from '../sender.ts';
import type { TokenRefused } from '../token-source.ts';

/** `msgid` may have more digits than a number holds, so it is taken from the text. */
const Answer = z.object({ errcode: z.int() });

const MINUTE_MS = 60_000;
/**
 * NOT VERIFIED: when the day's quota begins anew (midnight in Beijing, it is said). So it is asked again every hour.
 */
const QUOTA_WAIT_MS = 60 * MINUTE_MS;

/** 40001 also says that the secret is wrong; then no new token is to be had either. */
const TOKEN: ReadonlySet<number> = new Set([40001, 40014, 41001, 42001, 42007]);

/** Not permitted to this account, or to this address; account blocked. */
const REFUSED: ReadonlySet<number> = new Set([40013, 40125, 40164, 43104, 48001, 48004, 50002]);

export function readWechatAnswer({ status, headers, body }: Answered, nowMs: number): Outcome | TokenRefused {
  if (status !== 200) return byStatus(status, headers, nowMs);
  const errcode = parseAnswer(Answer, body)?.errcode;
  if (errcode === undefined) return unknown('answer_malformed');
  const code = String(errcode);
  if (TOKEN.has(errcode)) return { kind: 'token_refused', code };
  if (REFUSED.has(errcode)) return refused(code);
  switch (errcode) {
    case 0:
      return sent(body ?? '');
    case -1:
      return later(code);
    case 45009:
      return later(code, QUOTA_WAIT_MS);
    case 45011:
      return later(code, MINUTE_MS);
    case 40003:
      return gone(code);
    default:
      // 43101: the user has refused, or has used up what was granted. 47003: a value is not what its field takes. 40037, 41030: template,
      // page. And whatever has no name here: it was not taken, and nothing says that it would be next time.
      return rejected(code);
  }
}

function sent(body: string): Outcome {
  const id = /"msgid"\s*:\s*"?(\d{1,20})"?/.exec(body)?.[1];
  return { kind: 'sent', ...(id !== undefined && { providerId: id }) };
}
