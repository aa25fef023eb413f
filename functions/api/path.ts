/**
 * The path as it was sent. Gateways hand it over decoded (API Gateway's HTTP API), decoded but for `%25` (the emulator) or as sent
 * (function URLs): so of `/v1/profiles/shopify%2Fmy-shop%2F123/orders` only the forms of our routes tell which slash is a name's. No
 * name has a percent sign in it (shared/api/names.ts), so what still looks encoded is.
 */
import type { Route } from '../../shared/api/route.ts';

/** As the ids of profiles, and of some platforms' orders, are. */
const A_NAME_WITH_SLASHES = 'a/b/c';

interface Form {
  readonly pattern: RegExp;
  readonly path: string;
  /** Letters that are no name's: a path like the one that has more of them says more. */
  readonly weight: number;
}

type Named = Pick<Route, 'path' | 'params'>;

const NAME = /\{\w+\}/g;

function formOf({ path, params }: Named): Form {
  const names = Object.values(params?.shape ?? {});
  const count = names.length;
  const mayHoldSlashes = names.at(-1)?.safeParse(A_NAME_WITH_SLASHES).success ?? false;
  let index = 0;
  const source = path
    .replace(/[.*+?^$()|[\]\\]/g, '\\$&')
    .replace(NAME, () => (++index === count && mayHoldSlashes ? '(.+)' : '([^/]+)'));
  return { pattern: new RegExp(`^${source}$`, 's'), path, weight: path.replace(NAME, '').length };
}

/** A path as a gateway gives it → as a client sends it, each name encoded. */
export function pathReader(routes: readonly Named[]): (rawPath: string) => string {
  const byPath = new Map(routes.map((route) => [route.path, route]));
  const forms = [...byPath.values()].map(formOf).sort((a, b) => b.weight - a.weight);
  return (rawPath) => {
    const path = decoded(rawPath);
    for (const { pattern, path: form } of forms) {
      const names = pattern.exec(path)?.slice(1);
      if (names) return form.replace(NAME, () => encoded(names.shift() ?? ''));
    }
    return path.split('/').map(encoded).join('/');
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function encoded(name: string): string {
  // A URL takes dots alone as a way up, encoded or not. No name is like that, nor like what stands in for it.
  if (name === '.' || name === '..') return '%00';
  // By way of bytes, for half a character can not be encoded.
  return encodeURIComponent(Buffer.from(name).toString());
}
