/** `subscribers test`: one message now, and what came of it. */
import type { Command } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import type { TestResult } from '../../../shared/subscribers/views.ts';
import { apiFor } from '../../api.ts';
import { FAILED } from '../../errors.ts';
import { answer } from '../../output.ts';
import { examples, globalsOf, type Session } from '../../session.ts';
import { readSubscriberId } from '../../subscriber-id.ts';

export function addTest(subscribers: Command, session: Session): void {
  const { world } = session;
  subscribers
    .command('test')
    .description(
      'send a signed message of type tributary.test now, also to a paused subscriber; exits 1 if it is not taken',
    )
    .argument('<id>', 'the subscriber', readSubscriberId)
    .addHelpText('after', examples('subscribers test crm'))
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const result = await api.call(ROUTES.testSubscriber, { params: { id } });
      if (!result.delivered) session.exitCode = FAILED;
      answer(world, globals, result, () => renderResult(id, result));
    });
}

function renderResult(id: string, { delivered, status, tookMs, code = 'unknown' }: TestResult): string {
  if (delivered) return `${id} answered ${status} in ${tookMs} ms: it takes messages.`;
  const answered = status === undefined ? `gave no answer within ${tookMs} ms` : `answered ${status} in ${tookMs} ms`;
  const seen = UNREACHED.has(code) ? 'could not be reached' : answered;
  return `${id} ${seen}, so the message was not taken (${code}). ${ADVICE[code] ?? OTHERWISE}`;
}

const OTHERWISE = 'It has to answer 2xx within 15 seconds; docs/subscribers.md says how.';

/** Nothing was sent. */
const UNREACHED: ReadonlySet<string> = new Set([
  'connection_refused',
  'host_not_found',
  'unreachable',
  'tls_failed',
  'address_not_allowed',
]);

const ADVICE: Readonly<Record<string, string>> = {
  connection_refused: 'Nothing listens there: is the server running, and is the port right?',
  host_not_found: 'Its name is not known: is the address spelt right?',
  unreachable: 'Nothing can be sent to its address: does it take connections from the internet?',
  tls_failed: 'Its certificate does not verify: has it expired, or is it of another name?',
  http_401: 'Does it verify with the secret of this subscriber, over the bytes as they came?',
  http_403: 'Does it verify with the secret of this subscriber, over the bytes as they came?',
  redirected: 'Redirects are not followed: add the address that it leads to.',
  address_not_allowed: 'Its name leads to an address that is not public.',
  gone: 'By 410 it says that it wants no more: a subscriber that answers so is given up.',
};
