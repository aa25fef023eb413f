/** Gives each part of the buying and each window that conditions look at its place; the same to all who ask for the same. */
import type { Part } from './condition.ts';
import { distinct, type PartOfBuying, type Plan, type WindowOfPart } from './reader.ts';

export interface Planner {
  partOf(part: Part): PartOfBuying;
  placeOf(part: Part | undefined): number;
  windowOf(part: Part | undefined, days: number): number;
  /** Complete when all conditions are compiled. */
  readonly plan: Plan;
}

export function plannerFor(channelCategories: ReadonlyMap<string, string>): Planner {
  const parts = places<PartOfBuying | undefined>();
  const windows = places<WindowOfPart>();
  const partOf = (part: Part) => partOfBuying(part, channelCategories);
  const placeOf = (part: Part | undefined) => parts.place(part && partOf(part));
  return {
    partOf,
    placeOf,
    windowOf: (part, days) => windows.place({ part: placeOf(part), days }),
    plan: { parts: parts.all, windows: windows.all, channelCategories },
  };
}

function places<T>() {
  const all: T[] = [];
  const byText = new Map<string, number>();
  return {
    all,
    place(one: T): number {
      const text = JSON.stringify(one) ?? '';
      const known = byText.get(text);
      if (known !== undefined) return known;
      byText.set(text, all.length);
      return all.push(one) - 1;
    },
  };
}

function partOfBuying(part: Part, channelCategories: ReadonlyMap<string, string>): PartOfBuying {
  if ('channelCategory' in part) {
    const wanted = namesIn(part.channelCategory);
    const channels = [...channelCategories].flatMap(([channel, category]) =>
      wanted.includes(category) ? [channel] : [],
    );
    return { kind: 'channels', names: channels.sort() };
  }
  if ('channel' in part) return { kind: 'channels', names: namesIn(part.channel) };
  if ('category' in part) return { kind: 'categories', names: namesIn(part.category) };
  if ('region' in part) return { kind: 'regions', names: namesIn(part.region) };
  if ('store' in part) return { kind: 'stores', names: namesIn(part.store) };
  return { kind: 'hosts', names: namesIn(part.host) };
}

/** Each once, so that none counts twice. */
export const namesIn = (names: string | readonly string[]): readonly string[] =>
  distinct(typeof names === 'string' ? [names] : names).sort();
