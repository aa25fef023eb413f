/** `device`: where a customer can be sent to. Apps register over the API; this is for trying it out, and for putting right. */
import type { Command } from 'commander';
import type { InputOf } from '../../shared/api/client.ts';
import type { ShownOf } from '../../shared/api/route.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { API_HELP, apiFor } from '../api.ts';
import { readJsonFields } from '../json-file.ts';
import { answer, facts, minute } from '../output.ts';
import { examples, globalsOf, type Session } from '../session.ts';

type DeviceEdit = InputOf<typeof ROUTES.putDevice>['body'];

export function addDevice(program: Command, session: Session): void {
  const { world } = session;
  const device = program
    .command('device')
    .description('register, show and remove the devices that customers are sent to')
    .addHelpText(
      'after',
      [
        examples('device put app-6210 device.json', 'device show app-6210', 'device remove app-6210'),
        '',
        'A device is JSON: { "profile": "shopify/my-shop/6210", "endpoint": { "provider": "fcm", "token": "…" }, "locale": "zh-CN", "zone": "Asia/Shanghai" }',
        'In place of "profile": "visitor": { "source": "app", "anonymousId": "8b9f4b2e" }. With "test": true it is one of your own, to try campaigns on.',
        '',
        API_HELP,
      ].join('\n'),
    );
  device
    .command('put')
    .description('register a device, in place of what was known of it')
    .argument('<id>', 'of the installation, or of the browser')
    .argument('<file>', 'as JSON; - reads stdin')
    .action(async (id: string, file: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const fields = await readJsonFields(file, { what: 'device', shownIn: '`tributary device --help`' }, world);
      const api = await apiFor(session, globals);
      // The cast: the API looks at each field, and names all that is wrong with it.
      const put = await api.call(ROUTES.putDevice, { params: { id }, body: fields as DeviceEdit });
      answer(world, globals, put, () => `Device ${id} is registered for ${ownerOf(put)}.`);
    });
  device
    .command('show')
    .description('show a device, without where it is reached')
    .argument('<id>', 'the device')
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const found = await api.call(ROUTES.getDevice, { params: { id } });
      answer(world, globals, found, ({ profile, visitor, provider, locale, zone, test, seenAt }) =>
        facts([
          ['device', id],
          ['customer', profile],
          ['visitor of', visitor?.source],
          ['for tests', test && 'yes'],
          ['provider', provider],
          ['locale', locale],
          ['zone', zone],
          ['last seen', `${minute(seenAt)} UTC`],
        ]),
      );
    });
  device
    .command('remove')
    .description('remove a device: nothing is sent to it any more')
    .argument('<id>', 'the device')
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      await api.call(ROUTES.removeDevice, { params: { id } });
      answer(world, globals, { id, removed: true }, () => `Device ${id} is gone.`);
    });
}

const ownerOf = ({ profile, visitor }: ShownOf<typeof ROUTES.putDevice>): string =>
  profile ?? `an anonymous visitor of ${visitor?.source}`;
