/** A sender for each provider that credentials are there for, opened when it is first needed and anew when they change. */
import { createCache } from '../../runtime/cache.ts';
import type { Clock } from '../../runtime/clock.ts';
import { openSender } from '../../senders/open.ts';
import type { SenderOptions } from '../../senders/options.ts';
import type { Provider, Sender } from '../../senders/sender.ts';
import type { CredentialStore } from './account.ts';

/** Credentials that were changed are used after this. */
const KNOWN_FOR_MS = 60_000;
const PROVIDERS_MOST = 8;

export function createSenders(
  credentials: CredentialStore,
  options: () => Promise<SenderOptions>,
  clock: Clock,
): (provider: Provider) => Promise<Sender | undefined> {
  const open = new Map<Provider, { readonly of: string; readonly sender: Sender }>();
  const cache = createCache<string>({
    // As text: what is compared with what a sender was opened with. The cast: only providers are asked for.
    load: async (provider) => {
      const found = await credentials.getCredentials(provider as Provider);
      return found && JSON.stringify(found);
    },
    clock,
    maxAgeMs: KNOWN_FOR_MS,
    maxEntries: PROVIDERS_MOST,
  });
  return async (provider) => {
    const text = await cache.get(provider);
    const known = open.get(provider);
    if (known && known.of === text) return known.sender;
    known?.sender.close();
    open.delete(provider);
    if (text === undefined) return undefined;
    // The cast of JSON.parse: it was read by the provider's own schema a moment ago.
    const sender = openSender(provider, JSON.parse(text), await options());
    open.set(provider, { of: text, sender });
    return sender;
  };
}
