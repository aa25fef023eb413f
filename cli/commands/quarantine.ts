/** `quarantine`: authentic messages that could not be understood. */
import { type Command, Option } from 'commander';
import { bodyBytes, bodyText, type Envelope } from '../../shared/lake/envelope.ts';
import { type QuarantineEntry, QuarantineStatus } from '../../shared/quarantine/quarantine.ts';
import { NotFound } from '../../shared/runtime/errors.ts';
import { FAILED, UsageError } from '../errors.ts';
import { answer, facts, note, plural, table } from '../output.ts';
import { findEntries, openEntries, sendRetries, waitUntilClosed } from '../quarantine-retry.ts';
import { deploymentFor, examples, globalsOf, readCount, refuseOtherWords, type Session } from '../session.ts';
import type { Deployment } from '../world.ts';

export function addQuarantine(program: Command, session: Session): void {
  const quarantine = program
    .command('quarantine')
    .description('what could not be understood, with reasons: list (unless said otherwise), show, retry, dismiss')
    .addHelpText('after', examples('quarantine', 'quarantine retry --all --code wire_mismatch --wait 30'));
  addList(quarantine, session);
  addShow(quarantine, session);
  addRetry(quarantine, session);
  addDismiss(quarantine, session);
}

function addList(quarantine: Command, session: Session): void {
  const { world } = session;
  quarantine
    .command('list', { isDefault: true })
    .description('list entries, newest first')
    .addOption(new Option('--status <status>', 'which').choices(QuarantineStatus.options).default('open'))
    .option('--limit <n>', 'at most so many', (text) => readCount('--limit', text), 50)
    .option('--cursor <cursor>', 'go on after a page, with its nextCursor')
    .addHelpText('after', examples('quarantine list --status dismissed --limit 20'))
    .allowExcessArguments()
    .action(async (options: { status: QuarantineStatus; limit: number; cursor?: string }, command: Command) => {
      refuseOtherWords(command, quarantine);
      const globals = globalsOf(command);
      const deployment = await deploymentFor(session, globals);
      const { items, nextCursor } = await deployment.quarantine.list(options);
      answer(world, globals, { items, nextCursor }, () => renderList(items, options.status));
      if (nextCursor !== null && !globals.json) note(world, `there are more: --cursor ${nextCursor}`);
    });
}

function renderList(items: readonly QuarantineEntry[], status: QuarantineStatus): string {
  if (items.length === 0) return `Nothing in quarantine is ${status}.`;
  return table(
    ['id', 'received', 'connection', 'code', 'where', 'expected'],
    items.map((entry) => [
      entry.envelopeId,
      entry.receivedAt,
      `${entry.channel}/${entry.connection}`,
      entry.code,
      entry.path || '(whole)',
      entry.expected,
    ]),
  );
}

function addShow(quarantine: Command, session: Session): void {
  const { world } = session;
  quarantine
    .command('show')
    .description('show an entry, where its bytes are, and how they came')
    .argument('<id>', 'the entry')
    .option('--body', 'the body as well, which may be personal')
    .addHelpText('after', examples('quarantine show 0197c0de-0000-7000-8000-000000000001 --body'))
    .action(async (id: string, options: { body?: boolean }, command: Command) => {
      const globals = globalsOf(command);
      const deployment = await deploymentFor(session, globals);
      const [entry] = await findEntries(deployment, [id]);
      if (!entry) return;
      const envelope = await findEnvelope(deployment, entry);
      if (!envelope) note(world, 'the lake has no such message any more, so it can only be dismissed.');
      const shown = { ...entry, envelope: envelope ? describeEnvelope(envelope, options.body === true) : null };
      answer(world, globals, shown, renderEntry);
    });
}

async function findEnvelope({ lake }: Pick<Deployment, 'lake'>, entry: QuarantineEntry): Promise<Envelope | undefined> {
  try {
    return (await lake.read(entry.object)).find((envelope) => envelope.id === entry.envelopeId);
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}

function describeEnvelope(envelope: Envelope, withBody: boolean) {
  const { headers, query, bodyEncoding } = envelope;
  const text = withBody ? bodyText(envelope) : undefined;
  const shownAs = text === undefined ? ('base64' as const) : ('utf8' as const);
  return {
    headers,
    query,
    bodyBytes: bodyBytes(envelope).byteLength,
    bodyEncoding: withBody ? shownAs : bodyEncoding,
    ...(withBody && { body: text ?? envelope.body }),
  };
}

type Shown = QuarantineEntry & { readonly envelope: ReturnType<typeof describeEnvelope> | null };

function renderEntry({ envelope, ...entry }: Shown): string {
  const reason = facts([
    ['id', entry.envelopeId],
    ['status', entry.status],
    ['connection', `${entry.channel}/${entry.connection}`],
    ['received', entry.receivedAt],
    ['code', entry.code],
    ['where', entry.path || '(the whole body)'],
    ['expected', entry.expected],
    ['object', entry.object],
    ['query', envelope?.query || undefined],
    ['body', envelope ? plural(envelope.bodyBytes, 'byte') : undefined],
  ]);
  if (!envelope) return reason;
  const headers = Object.entries(envelope.headers);
  const sections = [reason, headers.length > 0 ? `Headers\n${facts(headers)}` : undefined, envelope.body];
  return sections.filter((section) => section !== undefined).join('\n\n');
}

interface RetryOptions {
  readonly all?: boolean;
  readonly code?: string;
  readonly wait?: number | true;
}

const DEFAULT_WAIT_SECONDS = 60;

function addRetry(quarantine: Command, session: Session): void {
  const { world } = session;
  quarantine
    .command('retry')
    .description('read messages again, after a fix; what is understood then is resolved')
    .argument('[ids...]', 'the entries')
    .option('--all', 'all that are open')
    .option('--code <code>', 'with --all: only those of this code')
    .option(
      '--wait [seconds]',
      `wait until they are resolved, at most so long (${DEFAULT_WAIT_SECONDS} unless given)`,
      (text) => readCount('--wait', text, 3_600),
    )
    .addHelpText(
      'after',
      examples(
        'quarantine retry 0197c0de-0000-7000-8000-000000000001',
        'quarantine retry --all --code wire_mismatch --wait 30',
      ),
    )
    .action(async (ids: string[], options: RetryOptions, command: Command) => {
      const globals = globalsOf(command);
      checkRetry(ids, options);
      const deployment = await deploymentFor(session, globals);
      const found = options.all ? await openEntries(deployment, options.code) : await findEntries(deployment, ids);
      const entries = found.filter((entry) => entry.status !== 'resolved');
      if (entries.length < found.length)
        note(world, `${plural(found.length - entries.length, 'entry is', 'entries are')} resolved already.`);
      const requests = await sendRetries(deployment, entries);
      const retried = { retried: entries.map((entry) => entry.envelopeId), requests };
      if (options.wait === undefined || entries.length === 0) return answer(world, globals, retried, renderRetried);

      const seconds = options.wait === true ? DEFAULT_WAIT_SECONDS : options.wait;
      const after = await waitUntilClosed(deployment, entries, { world, timeoutMs: seconds * 1_000 });
      const withStatus = (status: QuarantineStatus) =>
        after.filter((entry) => entry.status === status).map((entry) => entry.envelopeId);
      const outcome = {
        resolved: withStatus('resolved'),
        stillOpen: withStatus('open'),
        dismissed: withStatus('dismissed'),
      };
      if (outcome.resolved.length < entries.length) session.exitCode = FAILED;
      answer(world, globals, { ...retried, ...outcome }, (done) => renderOutcome(done, seconds));
    });
}

function checkRetry(ids: readonly string[], { all, code }: RetryOptions): void {
  if (all && ids.length > 0) throw new UsageError('Give either ids or --all, not both.');
  if (!all && ids.length === 0) {
    throw new UsageError('Which ones? Give ids, as `tributary quarantine list` shows them, or --all.');
  }
  if (code !== undefined && !all) throw new UsageError('--code narrows --all: `quarantine retry --all --code CODE`.');
}

interface Retried {
  readonly retried: readonly string[];
  readonly requests: number;
}

function renderRetried({ retried }: Retried): string {
  if (retried.length === 0) return 'Nothing to retry.';
  return `${plural(retried.length, 'message')} to be read again. \`tributary quarantine list\` shows in a moment which are still not understood.`;
}

function renderOutcome(
  {
    resolved,
    stillOpen,
    dismissed,
  }: Retried & { readonly [K in 'resolved' | 'stillOpen' | 'dismissed']: readonly string[] },
  seconds: number,
): string {
  const lines = [`${resolved.length} resolved.`];
  if (stillOpen.length > 0) {
    lines.push(
      `${stillOpen.length} still open after ${seconds} s: not understood again, or not read yet.`,
      ...stillOpen.map((id) => `  ${id}`),
    );
  }
  if (dismissed.length > 0) lines.push(`${dismissed.length} still dismissed.`, ...dismissed.map((id) => `  ${id}`));
  return lines.join('\n');
}

function addDismiss(quarantine: Command, session: Session): void {
  const { world } = session;
  quarantine
    .command('dismiss')
    .description('close entries that need nothing; the bytes stay in the lake')
    .argument('<ids...>', 'the entries')
    .option('--why <text>', 'the reason, kept with the entry')
    .addHelpText(
      'after',
      examples('quarantine dismiss 0197c0de-0000-7000-8000-000000000001 --why "a test of the agency"'),
    )
    .action(async (ids: string[], options: { why?: string }, command: Command) => {
      const globals = globalsOf(command);
      const deployment = await deploymentFor(session, globals);
      const entries = await findEntries(deployment, ids);
      for (const { envelopeId } of entries) {
        await deployment.quarantine.close(envelopeId, 'dismissed', world.clock(), options.why);
      }
      const done = {
        dismissed: entries.map((entry) => entry.envelopeId),
        ...(options.why !== undefined && { why: options.why }),
      };
      answer(
        world,
        globals,
        done,
        ({ dismissed, why }) =>
          `Dismissed ${plural(dismissed.length, 'message')}${why === undefined ? '' : `: ${why}`}.`,
      );
    });
}
