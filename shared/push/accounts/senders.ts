/** A sender for each provider that credentials are there for, opened when it is first needed and anew when they change. */
import { createCache } from '../../runtime/cache.ts';
import type { Clock } from '../../runtime/clock.ts';
import { openSender } from '../../senders/open.ts';
import type { SenderOptions } from '../../senders/options.ts';
import type { Provider, Sender } from '../../senders/sender.ts';
import type { CredentialStore } from './account.ts';

/** Credentials that were changed are used after this; where the provider has refused those at hand, others are looked for sooner. */
const KNOWN_FOR_MS = 60_000;
const REFUSED_FOR_MS = 5_000;
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
  const refused = new Set<Provider>();
  /** Asked for by many at once, credentials are read once, and one sender is opened. */
  const asked = new Map<Provider, Promise<Sender | undefined>>();

  async function find(provider: Provider): Promise<Sender | undefined> {
    const text = await cache.get(provider, refused.has(provider) ? { freshWithinMs: REFUSED_FOR_MS } : {});
    const known = open.get(provider);
    if (known && known.of === text) return known.sender;
    known?.sender.close();
    open.delete(provider);
    if (text === undefined) return undefined;
    // The cast of JSON.parse: it was read by the provider's own schema a moment ago.
    const sender = noting(openSender(provider, JSON.parse(text), await options()));
    open.set(provider, { of: text, sender });
    return sender;
  }

  function noting(sender: Sender): Sender {
    let underWay = 0;
    let isClosed = false;
    const closeIfIdle = () => isClosed && underWay === 0 && sender.close();
    return {
      ...sender,
      async send(batch, signal) {
        underWay++;
        try {
          const outcomes = await sender.send(batch, signal);
          if (outcomes.some(({ kind }) => kind === 'refused')) refused.add(sender.provider);
          else refused.delete(sender.provider);
          return outcomes;
        } finally {
          underWay--;
          closeIfIdle();
        }
      },
      /** Not under what is being sent: then nobody would know whether it was taken. */
      close() {
        isClosed = true;
        closeIfIdle();
      },
    };
  }

  return (provider) => {
    const known = asked.get(provider);
    if (known) return known;
    const finding = find(provider).finally(() => asked.delete(provider));
    asked.set(provider, finding);
    return finding;
  };
}
