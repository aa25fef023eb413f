/** Handlers that are loaded when one of them is first asked: what starts the function need not be what few of its routes need. */
import type { RouteName } from '../../shared/api/routes.ts';
import type { Handlers } from './serve.ts';

export function lazily<Name extends RouteName>(
  names: readonly Name[],
  load: () => Promise<Pick<Handlers, Name>>,
): Pick<Handlers, Name> {
  let loaded: Promise<Pick<Handlers, Name>> | undefined;
  const handlers = names.map((name) => [
    name,
    async (asked: unknown) => {
      loaded ??= load();
      // The cast: the route of this name is answered by the handler of this name, whatever it is asked.
      const handler = (await loaded)[name] as (asked: unknown) => Promise<unknown>;
      return handler(asked);
    },
  ]);
  // The cast: one of each name, as the list has them.
  return Object.fromEntries(handlers) as Pick<Handlers, Name>;
}
