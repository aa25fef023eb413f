/** What a lane keeps of a fetch that was asked for: how new the answer must be, and which webhook told of it. */
import * as z from 'zod';
import type { Heard } from '../channels/adapter.ts';
import { EnvelopeId } from '../lake/envelope.ts';
import type { SourceVersion } from '../orders/parts.ts';

export const FetchDetail = z.object({
  heard: z.object({ source: z.number(), settledAt: z.number() }),
  /** The webhook to be put in quarantine, should there be no answer, and the object of the lake that it is in. */
  envelope: EnvelopeId,
  object: z.string(),
  receivedAt: z.iso.datetime(),
});
export type FetchDetail = z.infer<typeof FetchDetail>;

/** The greatest of each; undefined if the news asks for nothing that was not asked for. */
export function joinDetails(known: FetchDetail, news: FetchDetail): FetchDetail | undefined {
  const heard: Heard = {
    source: Math.max(known.heard.source, news.heard.source),
    settledAt: Math.max(known.heard.settledAt, news.heard.settledAt),
  };
  if (heard.source === known.heard.source && heard.settledAt === known.heard.settledAt) return undefined;
  return { ...news, heard };
}

/** Whether what has this version is what was heard of. */
export const covers = ({ source, fetchedAt }: Pick<SourceVersion, 'source' | 'fetchedAt'>, heard: Heard): boolean =>
  source >= heard.source && fetchedAt >= heard.settledAt;
