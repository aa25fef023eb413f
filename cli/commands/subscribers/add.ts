/** `subscribers add`: an address that is told of events from now on. */
import { type Command, Option } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import { Cause } from '../../../shared/queues/messages.ts';
import { EVENT_TYPES } from '../../../shared/subscribers/subscriber.ts';
import { apiFor } from '../../api.ts';
import { UsageError } from '../../errors.ts';
import { answer, note } from '../../output.ts';
import { readSegmentId } from '../../segment-file.ts';
import { missingAmong } from '../../segments-known.ts';
import { examples, globalsOf, type Session } from '../../session.ts';
import { readSubscriberId } from '../../subscriber-id.ts';
import { renderSecret } from '../../subscriber-text.ts';

interface AddOptions {
  readonly id?: string;
  readonly event?: (typeof EVENT_TYPES)[number][];
  readonly segment?: string[];
  readonly cause?: Cause[];
  readonly description?: string;
  readonly paused?: true;
}

export function addAdd(subscribers: Command, session: Session): void {
  const { world } = session;
  subscribers
    .command('add')
    .description('add a subscriber, and show the secret that its messages are signed with')
    .argument('<url>', 'where messages are posted to: https, and public', readUrl)
    .option('--id <id>', 'what to call it; one is made up unless given', readSubscriberId)
    .addOption(
      new Option('--event <types...>', 'what it hears of (segment.entered and segment.exited unless given)').choices(
        EVENT_TYPES,
      ),
    )
    .option('--segment <ids...>', 'of events about segments, only those of these')
    .addOption(
      new Option('--cause <causes...>', 'only what happened because of these; live and review are of today').choices(
        Cause.options,
      ),
    )
    .option('--description <text>', 'whose it is, for people')
    .option('--paused', 'send nothing yet: what happens is kept as dead letters, to be redriven')
    .addHelpText(
      'after',
      examples(
        'subscribers add https://crm.example/tributary --id crm',
        'subscribers add https://crm.example/tributary --event segment.entered --segment sleeping --cause live review',
      ),
    )
    .action(async (url: string, { id, event, segment, cause, ...options }: AddOptions, command: Command) => {
      const globals = globalsOf(command);
      const segments = segment?.map(readSegmentId);
      const body = {
        url,
        ...options,
        ...(id !== undefined && { id }),
        ...(event && { events: [...new Set(event)] }),
        ...(segments && { segments: [...new Set(segments)] }),
        ...(cause && { causes: [...new Set(cause)] }),
      };
      const api = await apiFor(session, globals);
      const { missing } = await missingAmong(segments ?? [], api);
      const added = await api.call(ROUTES.addSubscriber, { body });
      answer(world, globals, added, () =>
        [
          `Subscriber ${added.id} hears of ${added.events.join(', ')}${added.segments ? `, of ${added.segments.join(', ')},` : ''} at ${added.url}, from some seconds on${added.paused ? ', once it is resumed' : ''}.`,
          renderSecret(added.secret),
          `\nTry it: tributary subscribers test ${added.id}`,
        ].join('\n'),
      );
      if (missing.length > 0 && !globals.json)
        note(world, `there is no segment ${missing.join(', ')} so far: of it nothing is heard until it is put`);
    });
}

function readUrl(text: string): string {
  if (URL.canParse(text) && /^https?:/i.test(text)) return text;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    throw new UsageError(`${text} is no URL of a web server: it has to begin with https://.`, 'url_invalid');
  throw new UsageError(`${text} is no URL. Example: https://crm.example/tributary.`, 'url_invalid');
}
