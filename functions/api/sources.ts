import * as manage from '../../shared/sources/manage.ts';
import type { SourceWishes } from '../../shared/sources/source.ts';
import { viewOf } from '../../shared/sources/views.ts';
import { compact } from '../../shared/text/compact.ts';
import { requireSeen } from './etag.ts';
import { inPages } from './pages.ts';
import type { Handlers } from './serve.ts';

type SourceHandlers = Pick<
  Handlers,
  'listSources' | 'addSource' | 'getSource' | 'putSource' | 'removeSource' | 'rotateSourceKey'
>;

export const sourceHandlers = (its: manage.SourceManagement): SourceHandlers => ({
  async listSources({ query }) {
    const all = (await its.sources.listSources()).map(viewOf);
    return { status: 200, body: inPages(all, query, { list: ['sources'], idOf: ({ id }) => id }) };
  },

  async addSource({ body: { id, ...wishes }, caller }) {
    const { source, serverKey } = await manage.addSource({ id, wishes: wishesOf(wishes), by: caller.id }, its);
    return {
      status: 201,
      body: { ...viewOf(source), serverKey },
      revision: source.revision,
      subject: source.id,
    };
  },

  async getSource({ params: { id } }) {
    const source = await manage.findSource(id, its.sources);
    return { status: 200, body: viewOf(source), revision: source.revision };
  },

  async putSource({ params: { id }, body: { disabled, ...wishes }, seen, caller }) {
    const { revision } = await manage.findSource(id, its.sources);
    requireSeen(seen, revision);
    const asked = { id, revision, wishes: wishesOf(wishes), disabled, by: caller.id };
    const source = await manage.changeSource(asked, its);
    return { status: 200, body: viewOf(source), revision: source.revision };
  },

  async removeSource({ params: { id }, seen }) {
    // Of one that is not there, its keys may be: they are removed, too, before it is said.
    const known = await its.sources.getSource(id);
    if (known) requireSeen(seen, known.revision);
    await manage.removeSource({ id, revision: known?.revision ?? 0 }, its);
    return { status: 204 };
  },

  async rotateSourceKey({ params: { id }, body: { key: which, overlapMs }, caller }) {
    const asked = { id, which, by: caller.id, ...(overlapMs !== undefined && { overlapMs }) };
    const { key, previousValidUntil } = await manage.rotateKey(asked, its);
    return { status: 200, body: { key, ...(previousValidUntil !== undefined && { previousValidUntil }) } };
  },
});

/** Absent is absent. */
type Wished = { readonly [Name in keyof SourceWishes]: SourceWishes[Name] | undefined } & Pick<
  SourceWishes,
  'name' | 'kind'
>;
const wishesOf = (wishes: Wished): SourceWishes => compact(wishes);
