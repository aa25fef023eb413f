/** A platform's account as hydration opens it, on a model, without lanes: for tests that only need answers. */
import type { PlatformApi } from '../../shared/channels/platform-api.ts';
import { createCall } from '../../shared/hydration/http.ts';
import { fetchFromModels, modelBase } from './fetch.ts';
import type { PlatformModel } from './platform.ts';

/** Gives the bodies of a subject as of now. */
export async function openOnModel(
  api: PlatformApi,
  model: PlatformModel,
  nowMs: () => number,
): Promise<(subject: string) => Promise<readonly string[]>> {
  const account = api.open(model.credentials);
  if ('kind' in account) throw new Error(account.problems.join('; '));
  const clock = () => new Date(nowMs());
  const call = createCall({
    base: modelBase('shop'),
    fetch: fetchFromModels(new Map([['shop', model]]), nowMs),
    pace: async () => undefined,
    clock,
    deadline: Number.MAX_SAFE_INTEGER,
  });
  const context = { call, clock };
  const tokens = (await account.renew?.(account.firstTokens, context)) ?? account.firstTokens;
  return (subject) => account.fetch(subject, tokens, context);
}
