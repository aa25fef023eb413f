/** A channel to be made, and its name in the forms that code and text need. */
import type { ChannelCategory } from '../../shared/channels/adapter.ts';

export interface NewChannel {
  /** `tiktok_shop`: in addresses, keys and the lake, and the name of the folders. */
  readonly name: string;
  /** `tiktokShop` */
  readonly camel: string;
  /** `TiktokShop` */
  readonly pascal: string;
  /** `Tiktok Shop` */
  readonly title: string;
  readonly category: ChannelCategory;
  /** Webhooks only tell that there is news; orders are fetched. */
  readonly thin: boolean;
}

export const CATEGORIES: readonly ChannelCategory[] = ['ecommerce', 'live', 'pos', 'cross_border'];

/** So that a line of the registry stays a line. */
const LONGEST = 16;
const FORM = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;

/** Words that TypeScript, or what is generated, needs for itself. */
const TAKEN: ReadonlySet<string> = new Set(
  (
    'arguments await break case catch class const continue debugger default delete do else enum eval export extends ' +
    'false finally for function if implements import in instanceof interface let new null package private protected ' +
    'public return static super switch this throw true try typeof undefined var void while with yield expect suite test'
  ).split(' '),
);

/** Undefined if it is no name for a channel. */
export function newChannel(name: string, category: ChannelCategory, thin: boolean): NewChannel | undefined {
  if (!FORM.test(name) || name.length < 2 || name.length > LONGEST || TAKEN.has(name)) return undefined;
  const words = name.split('_').map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`);
  const pascal = words.join('');
  const camel = `${pascal.charAt(0).toLowerCase()}${pascal.slice(1)}`;
  return { name, camel, pascal, title: words.join(' '), category, thin };
}

export const NAME_FORM = `2 to ${LONGEST} lower-case letters, digits and _, a letter first, no word of TypeScript`;
