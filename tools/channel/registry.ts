/** The two lines of `shared/channels/registry.ts` that a channel has, put in where their order is. */
import type { NewChannel } from './name.ts';

const IMPORT = /^import .* from '(\.\/[^']+)';$/;
const LINE = /^ {2}\{ door: .*import\('\.\/([^']+)\/adapter\.ts'\)/;

/** @throws Error if the file is not of the form that we know */
export function withChannel(registry: string, { name, camel }: NewChannel): string {
  const lines = registry.split('\n');
  insert(lines, IMPORT, `./${name}/door.ts`, `import { ${camel}Door } from './${name}/door.ts';`);
  const load = `async () => (await import('./${name}/adapter.ts')).${camel}`;
  insert(lines, LINE, name, `  { door: ${camel}Door, load: ${load} },`);
  return lines.join('\n');
}

/** Before the first line of its kind whose key comes after, else behind the last. */
function insert(lines: string[], kind: RegExp, key: string, line: string): void {
  const known = lines.flatMap((text, index) => {
    const found = kind.exec(text)?.[1];
    return found === undefined ? [] : [{ key: found, index }];
  });
  const last = known.at(-1);
  if (!last) throw new Error(`shared/channels/registry.ts has no line like: ${line.trim()}`);
  const next = known.find((other) => other.key > key);
  lines.splice(next?.index ?? last.index + 1, 0, line);
}
