/**
 * One HTTP/2 session with an APNs server: used for all requests, and made anew after GOAWAY, a reset, or a rest that it did not outlive.
 * Apple takes many connections that come and go for an attack.
 */
import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  constants,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Clock } from '../../runtime/clock.ts';
import type { Unanswered } from '../exchange.ts';
import { type Timeouts, USUAL_TIMEOUTS } from '../options.ts';
import { reasonOf } from '../reason.ts';

export interface ApnsAnswered {
  readonly kind: 'answered';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string | undefined;
}

export interface ApnsSession {
  /** Never rejects. */
  ask(
    headers: Readonly<Record<string, string>>,
    body: string,
    signal?: AbortSignal,
  ): Promise<ApnsAnswered | Unanswered>;
  close(): void;
}

const LARGEST_ANSWER_CHARACTERS = 16 * 1024;
/** After such a rest the other side may be gone without our knowing: it is asked before anything is sent. */
const REST_MOST_MS = 4_000;

/** An HTTP/2 connection, and up to which stream the other side has read, once it said so. */
interface Link {
  readonly session: ClientHttp2Session;
  readonly opened: Promise<void>;
  lastRead: number | undefined;
}

export function createApnsSession(
  origin: string,
  { clock, timeouts = USUAL_TIMEOUTS }: { readonly clock: Clock; readonly timeouts?: Timeouts },
): ApnsSession {
  let link: Link | undefined;
  let lastUsedMs = 0;
  /** Under way: whether the other side is still there. All wait for it. */
  let asking: Promise<void> | undefined;

  const isUsable = ({ session, lastRead }: Link): boolean =>
    !session.closed && !session.destroyed && lastRead === undefined;

  /** @throws where no connection comes about */
  async function usable(): Promise<Link> {
    if (link && isUsable(link) && !link.session.connecting && clock().getTime() - lastUsedMs >= REST_MOST_MS) {
      const { session } = link;
      asking ??= isAlive(session, timeouts.connectMs).then((isAnswered) => {
        asking = undefined;
        lastUsedMs = clock().getTime();
        if (!isAnswered) session.destroy();
      });
    }
    await asking;
    if (!link || !isUsable(link)) link = connect(origin, timeouts.connectMs);
    await link.opened;
    return link;
  }

  return {
    async ask(headers, body, signal) {
      if (signal?.aborted) return { kind: 'not_sent', code: 'aborted' };
      let used: Link;
      try {
        used = await usable();
      } catch (error) {
        return { kind: 'not_sent', code: error instanceof TimedOut ? 'timeout' : reasonOf(error) };
      }
      const answer = await request(used, headers, body, timeouts.totalMs, signal);
      lastUsedMs = clock().getTime();
      return answer;
    },
    close() {
      link?.session.destroy();
      link = undefined;
    },
  };
}

class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

function connect(origin: string, connectMs: number): Link {
  const session = http2.connect(origin);
  const opened = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new TimedOut());
      session.destroy();
    }, connectMs);
    session.once('connect', () => {
      clearTimeout(timer);
      session.unref(); // at rest it keeps no process alive
      resolve();
    });
    session.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    session.once('close', () => {
      clearTimeout(timer);
      reject(new Error('closed'));
    });
  });
  opened.catch(() => undefined); // whoever waits for it hears of it
  const link: Link = { session, opened, lastRead: undefined };
  session.on('goaway', (_code, lastStreamId) => {
    link.lastRead = lastStreamId;
  });
  return link;
}

async function isAlive(session: ClientHttp2Session, withinMs: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), withinMs);
    const answer = (isAnswered: boolean): void => {
      clearTimeout(timer);
      resolve(isAnswered);
    };
    try {
      if (!session.ping((error) => answer(error === null))) answer(false);
    } catch {
      answer(false);
    }
  });
}

async function request(
  link: Link,
  headers: Readonly<Record<string, string>>,
  body: string,
  totalMs: number,
  signal: AbortSignal | undefined,
): Promise<ApnsAnswered | Unanswered> {
  let stream: ClientHttp2Stream;
  try {
    stream = link.session.request(headers);
  } catch (error) {
    return { kind: 'not_sent', code: reasonOf(error) }; // the session ended in between
  }
  let end: string | undefined;
  const stop = (code: string) => (): void => {
    end ??= code;
    stream.close(constants.NGHTTP2_CANCEL);
  };
  const timer = setTimeout(stop('timeout'), totalMs);
  const abort = stop('aborted');
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await answerOf(stream, body);
  } catch (error) {
    return { kind: wasRead(stream, link) ? 'broken' : 'not_sent', code: end ?? reasonOf(error) };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

/** REFUSED_STREAM, or a stream past the last that GOAWAY names: "not processed in any way", safe to be sent again (RFC 9113 §8.7). */
function wasRead({ rstCode, id }: ClientHttp2Stream, { lastRead }: Link): boolean {
  if (rstCode === constants.NGHTTP2_REFUSED_STREAM || id === undefined) return false;
  return lastRead === undefined || id <= lastRead;
}

function answerOf(stream: ClientHttp2Stream, body: string): Promise<ApnsAnswered> {
  return new Promise((resolve, reject) => {
    let found: { readonly status: number; readonly headers: IncomingHttpHeaders } | undefined;
    let text: string | undefined = '';
    stream.setEncoding('utf8');
    stream.once('response', (headers) => {
      found = { status: headers[':status'] ?? 0, headers };
    });
    stream.on('data', (chunk: string) => {
      if (text !== undefined && text.length + chunk.length <= LARGEST_ANSWER_CHARACTERS) text += chunk;
      else text = undefined; // such a reason there is none: the status must do
    });
    // What a status was heard of is answered, wherever its text broke off.
    const settle = (isWhole: boolean, error: Error): void =>
      found ? resolve({ kind: 'answered', ...found, body: isWhole ? text : undefined }) : reject(error);
    stream.once('end', () => settle(true, new Error('no answer')));
    stream.on('error', (error) => settle(false, error));
    stream.once('close', () => settle(false, new Error('closed')));
    stream.end(body);
  });
}
