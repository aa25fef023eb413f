/**
 * Hosts of our own that messages may go to although their addresses are private, and over plain HTTP: for tests and demos.
 * Exact, `host` (any port) or `host:port`; no wildcard, for who may name one name under it may name all.
 */

export interface AllowedHosts {
  includes(url: URL): boolean;
}

export const NO_HOSTS: AllowedHosts = { includes: () => false };

/** `localhost:8080,127.0.0.1` → these. Throws a TypeError that names what is no host. */
export function readHosts(text: string): AllowedHosts {
  const known = new Set(
    text
      .split(',')
      .filter((entry) => entry.trim() !== '')
      .map((entry) => {
        const host = readHost(entry);
        if (host === undefined) throw new TypeError(`${entry} is no host.`);
        return host;
      }),
  );
  return { includes: (url) => known.has(url.hostname) || known.has(`${url.hostname}:${portOf(url)}`) };
}

/** In the form in which URLs have it (small letters, `[::1]`, `127.0.0.1` for `127.1`); undefined where it is none. */
export function readHost(entry: string): string | undefined {
  const text = entry.trim();
  const [, host = '', port] = /^(\[[^\]]*\]|[^:/?#@\\\s]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (!URL.canParse(`http://${host}`)) return undefined;
  const { hostname } = new URL(`http://${host}`);
  if (port === undefined) return hostname;
  return Number(port) > 0 && Number(port) < 65_536 ? `${hostname}:${Number(port)}` : undefined;
}

/** What a URL leaves out is its scheme's. */
export const portOf = ({ port, protocol }: URL): number =>
  port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
