/** `push`: what holds for all campaigns, and the accounts at providers that messages go out by. */
import { type Command, InvalidArgumentError } from 'commander';
import type { InputOf } from '../../shared/api/client.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { PROVIDERS } from '../../shared/push/endpoint.ts';
import type { Provider } from '../../shared/senders/sender.ts';
import { API_HELP, apiFor } from '../api.ts';
import { readJsonFields } from '../json-file.ts';
import { answer, minute, table } from '../output.ts';
import { listAll } from '../pages.ts';
import { examples, globalsOf, type Session } from '../session.ts';
import { addSuppressions } from './suppressions.ts';

export function addPush(program: Command, session: Session): void {
  const push = program
    .command('push')
    .description(
      'caps, quiet hours and holdout of all campaigns; the accounts that messages go out by; who is never written to',
    )
    .addHelpText(
      'after',
      [
        examples(
          'push policy',
          'push policy --put policy.json',
          'push providers',
          'push connect fcm --file service-account.json',
          'push disconnect fcm',
          'push suppress --phone 13912345678 --email anne@example.com',
          'push suppressed --phone 13912345678',
          'push sent shopify/my-shop/6210',
        ),
        '',
        API_HELP,
      ].join('\n'),
    );
  for (const add of [addPolicy, addProviders, addConnect, addDisconnect, addSuppressions, addSent]) add(push, session);
}

type PolicyEdit = InputOf<typeof ROUTES.putPushPolicy>['body'];

function addPolicy(push: Command, session: Session): void {
  const { world } = session;
  push
    .command('policy')
    .description('show the push policy, or put the next version of it')
    .option('--put <file>', 'as JSON; - reads stdin. What it leaves out is as in the built-in one')
    .action(async ({ put }: { readonly put?: string }, command: Command) => {
      const globals = globalsOf(command);
      const fields =
        put === undefined
          ? undefined
          : await readJsonFields(put, { what: 'policy', shownIn: '`tributary push policy --json`' }, world);
      const api = await apiFor(session, globals);
      const known = await api.call(ROUTES.getPushPolicy);
      const policy = fields
        ? // The cast: the API looks at each field, and names all that is wrong with it.
          await api.call(ROUTES.putPushPolicy, { ifMatch: known.version, body: fields as PolicyEdit })
        : known;
      answer(world, globals, policy, (it) =>
        [
          it.version === 0 ? 'The built-in push policy.' : `Push policy, version ${it.version}, put by ${it.by}.`,
          JSON.stringify(it.policy, undefined, 2),
        ].join('\n'),
      );
    });
}

function addProviders(push: Command, session: Session): void {
  const { world } = session;
  push
    .command('providers')
    .description('list the providers that credentials are there for')
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const found = await api.call(ROUTES.listPushProviders);
      answer(world, globals, found, ({ items }) =>
        items.length === 0
          ? 'None: nothing can be sent. docs/senders.md says how to get credentials; `tributary push connect` keeps them.'
          : table(
              ['provider', 'since', 'by'],
              items.map(({ provider, at, by }) => [provider, `${minute(at)} UTC`, by]),
            ),
      );
    });
}

function addConnect(push: Command, session: Session): void {
  const { world } = session;
  push
    .command('connect')
    .description('keep the credentials of a provider as a secret; they are used within a minute, and never shown')
    .argument('<provider>', PROVIDERS.join(', '), readProvider)
    .requiredOption('--file <file>', 'as docs/senders.md says; - reads stdin')
    .action(async (provider: Provider, { file }: { readonly file: string }, command: Command) => {
      const globals = globalsOf(command);
      const body = await readJsonFields(file, { what: 'credentials', shownIn: 'docs/senders.md' }, world);
      const api = await apiFor(session, globals);
      const kept = await api.call(ROUTES.putPushProvider, { params: { provider }, body: { ...body } });
      answer(world, globals, kept, () => `Credentials of ${provider} are kept.`);
    });
}

function addDisconnect(push: Command, session: Session): void {
  const { world } = session;
  push
    .command('disconnect')
    .description('remove the credentials of a provider: nothing is sent by it any more')
    .argument('<provider>', PROVIDERS.join(', '), readProvider)
    .action(async (provider: Provider, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      await api.call(ROUTES.removePushProvider, { params: { provider } });
      answer(world, globals, { provider, removed: true }, () => `Credentials of ${provider} are gone.`);
    });
}

function addSent(push: Command, session: Session): void {
  const { world } = session;
  push
    .command('sent')
    .description('what a customer was sent, newest first; `campaign explain` says why')
    .argument('<profile>', 'the customer')
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const items = await listAll((query) => api.call(ROUTES.listSendsOfProfile, { params: { id }, query }));
      answer(world, globals, { items }, () =>
        items.length === 0
          ? `${id} was sent nothing.`
          : table(
              ['at', 'campaign', 'key'],
              items.map(({ at, campaign, key }) => [`${minute(at)} UTC`, campaign, key]),
            ),
      );
    });
}

function readProvider(text: string): Provider {
  const found = PROVIDERS.find((one) => one === text);
  if (found) return found;
  throw new InvalidArgumentError(`One of ${PROVIDERS.join(', ')}.`);
}
