/** `sources disable`, `sources enable`: nothing is taken from it for a while, and then it is again. */
import type { Command } from 'commander';
import { ROUTES } from '../../../shared/api/routes.ts';
import type { SourceView } from '../../../shared/sources/views.ts';
import { type Api, apiFor } from '../../api.ts';
import { answer } from '../../output.ts';
import { examples, globalsOf, type Session } from '../../session.ts';
import { readSourceId } from '../../source-id.ts';

export function addDisable(sources: Command, session: Session): void {
  const { world } = session;
  sources
    .command('disable')
    .description('take nothing from a source, within seconds; what is sent meanwhile is refused')
    .argument('<id>', 'the source', readSourceId)
    .addHelpText('after', examples('sources disable web-shop'))
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const disabled = await change(id, true, api);
      answer(
        world,
        globals,
        disabled,
        () => `Source ${id} is disabled. Taken back with: tributary sources enable ${id}`,
      );
    });
}

export function addEnable(sources: Command, session: Session): void {
  const { world } = session;
  sources
    .command('enable')
    .description('take from a source again that was disabled')
    .argument('<id>', 'the source', readSourceId)
    .addHelpText('after', examples('sources enable web-shop'))
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const api = await apiFor(session, globals);
      const enabled = await change(id, false, api);
      answer(world, globals, enabled, () => `Source ${id} is taken from again.`);
    });
}

/** All that people say of it stays, but for this. */
async function change(id: string, disabled: boolean, api: Api): Promise<SourceView> {
  const known = await api.call(ROUTES.getSource, { params: { id } });
  if ((known.disabledAt !== undefined) === disabled) return known;
  const { name, kind, zone, currency, region, revision } = known;
  return api.call(ROUTES.putSource, {
    params: { id },
    ifMatch: revision,
    body: {
      name,
      kind,
      ...(zone !== undefined && { zone }),
      ...(currency !== undefined && { currency }),
      ...(region !== undefined && { region }),
      disabled,
    },
  });
}
