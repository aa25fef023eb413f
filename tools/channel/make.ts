/** Makes the files of a new channel in a repository, or says why not; nothing that exists is written over. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { firstCase } from './first-case.ts';
import type { NewChannel } from './name.ts';
import { withChannel } from './registry.ts';
import { adapterText, apiText, doorText, identifiersText, normalizeText, readmeText, wireText } from './source.ts';
import { channelTestText, platformTestText, platformText } from './tests.ts';

export const REGISTRY = 'shared/channels/registry.ts';

/** Path in the repository → text. */
function filesOf(channel: NewChannel): Readonly<Record<string, string>> {
  const { name, thin } = channel;
  const room = `shared/channels/${name}`;
  const firstOrder = Object.entries(firstCase(channel)).map(([file, text]) => [
    `test/channels/${name}/first-order/${file}`,
    text,
  ]);
  return {
    [`${room}/door.ts`]: doorText(channel),
    [`${room}/wire.ts`]: wireText(channel),
    [`${room}/normalize.ts`]: normalizeText(channel),
    [`${room}/identifiers.ts`]: identifiersText(channel),
    ...(thin && { [`${room}/api.ts`]: apiText(channel) }),
    [`${room}/adapter.ts`]: adapterText(channel),
    [`${room}/README.md`]: readmeText(channel),
    ...Object.fromEntries(firstOrder),
    [`test/channels/${name}.test.ts`]: channelTestText(channel),
    ...(thin && {
      [`test/platforms/${name}.ts`]: platformText(channel),
      [`test/platforms/${name}.test.ts`]: platformTestText(channel),
    }),
  };
}

export interface Made {
  readonly kind: 'made';
  /** Paths in the repository; the registry is changed beside these. */
  readonly files: readonly string[];
}

/** What is there already: a folder or file of that name. */
export interface Exists {
  readonly kind: 'exists';
  readonly path: string;
}

export function makeChannel(root: string, channel: NewChannel): Made | Exists {
  const files = Object.entries(filesOf(channel));
  const folders = [`shared/channels/${channel.name}`, `test/channels/${channel.name}`];
  const there = [...folders, ...files.map(([file]) => file)].find((file) => existsSync(path.join(root, file)));
  if (there !== undefined) return { kind: 'exists', path: there };
  const registry = withChannel(readFileSync(path.join(root, REGISTRY), 'utf8'), channel);
  for (const [file, text] of files) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text, { flag: 'wx' });
  }
  writeFileSync(path.join(root, REGISTRY), registry);
  return { kind: 'made', files: files.map(([file]) => file) };
}
