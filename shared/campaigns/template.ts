/**
 * What is written to a customer, made of Liquid templates. A value that is not known is an error unless the template says what stands
 * in for it (`{{ customer.name | default: "朋友" }}`): nobody is sent a sentence with a hole in it. What customers and shops have
 * written themselves is only ever a value, never a template. Text for a screen, so there is no escaping for HTML.
 */
import { Liquid, type Template } from 'liquidjs';
import type { Content, Message, Variant } from './campaign.ts';

export interface RecommendedProduct {
  readonly title: string;
  readonly url?: string;
  readonly imageUrl?: string;
  /** With its currency, as it is shown. */
  readonly price?: string;
  /** Why it is recommended, a sentence in the message's language. */
  readonly reason?: string;
}

/** All that templates may name. */
export interface TemplateValues {
  readonly customer: {
    readonly name?: string;
    readonly tier?: string;
    /** Whole days since the last order. */
    readonly daysSinceLastOrder?: number;
  };
  readonly items: readonly RecommendedProduct[];
  /** What the occurrence is about: the first of the products that run out, are back or were left. */
  readonly product?: RecommendedProduct;
  readonly offer?: string;
  readonly brand?: string;
}

export type Rendered =
  | { readonly kind: 'message'; readonly message: Message }
  /** A value that is not known, and that the template has nothing else for. */
  | { readonly kind: 'missing_value'; readonly in: string };

export interface TemplateProblem {
  /** JSON Pointer below the message. */
  readonly at: string;
  readonly message: string;
}

const LIMITS = { parseLimit: 10_000, renderLimit: 200, memoryLimit: 1_000_000 };

class MissingValue extends Error {
  override readonly name = 'MissingValue';
}

const engine = new Liquid({
  ...LIMITS,
  strictVariables: true,
  strictFilters: true,
  // So that `default` may be asked of what is not known.
  lenientIf: true,
  ownPropertyOnly: true,
  // There are no files to take in: a template is whole.
  templates: {},
  outputEscape: (value: unknown) => {
    const text = value === null || value === undefined ? '' : String(value);
    if (text.trim() === '') throw new MissingValue();
    return withoutControls(text);
  },
});

/** A name with a line break or an escape in it must not shape the message. */
const withoutControls = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, ' ');

/** What of a message is no template at all, or one that fails whoever it is for, for who writes it. */
export function checkMessage(message: Message): TemplateProblem[] {
  return textsOf(message).flatMap(([at, text]) => {
    try {
      engine.renderSync(engine.parse(text), ALL_KNOWN);
      return [];
    } catch (error) {
      if (isMissing(error)) return [];
      return [{ at, message: error instanceof Error ? error.message : String(error) }];
    }
  });
}

const SOME_PRODUCT = {
  title: '茶',
  url: 'https://shop.example',
  imageUrl: 'https://shop.example',
  price: '1',
  reason: '茶',
};
const ALL_KNOWN: TemplateValues = {
  customer: { name: '茶', tier: '茶', daysSinceLastOrder: 1 },
  items: Array.from({ length: 10 }, () => SOME_PRODUCT),
  product: SOME_PRODUCT,
  offer: '茶',
  brand: '茶',
};

/** Never throws: a template that fails for one customer keeps that one back, and no other waiting. */
export function renderMessage(message: Message, values: TemplateValues): Rendered {
  const found = new Map<string, string>();
  for (const [at, text] of textsOf(message)) {
    const rendered = renderText(text, values);
    if (rendered === undefined) return { kind: 'missing_value', in: at };
    found.set(at, rendered);
  }
  const text = (at: string): string => found.get(at) ?? '';
  const { url, imageUrl, wechat } = message;
  return {
    kind: 'message',
    message: {
      title: text('/title'),
      body: text('/body'),
      ...(url !== undefined && { url: text('/url') }),
      ...(imageUrl !== undefined && { imageUrl: text('/imageUrl') }),
      ...(wechat && {
        wechat: {
          template: wechat.template,
          values: Object.fromEntries(Object.keys(wechat.values).map((name) => [name, text(`/wechat/values/${name}`)])),
        },
      }),
    },
  };
}

function renderText(text: string, values: TemplateValues): string | undefined {
  try {
    const rendered: string = engine.renderSync(parsed(text), values);
    return rendered.trim() === '' ? undefined : rendered.trim();
  } catch {
    return undefined;
  }
}

/** The engine wraps what is thrown while it renders. */
function isMissing(error: unknown): boolean {
  if (error instanceof MissingValue) return true;
  if (!(error instanceof Error)) return false;
  if (error.name === 'UndefinedVariableError') return true;
  return 'originalError' in error && isMissing(error.originalError);
}

/** Templates are the same for everybody who is sent to. */
const cache = new Map<string, Template[]>();
const CACHED_MOST = 500;

function parsed(text: string): Template[] {
  const known = cache.get(text);
  if (known) return known;
  if (cache.size >= CACHED_MOST) cache.clear();
  const template = engine.parse(text);
  cache.set(text, template);
  return template;
}

function textsOf({ title, body, url, imageUrl, wechat }: Message): [at: string, text: string][] {
  const own: [string, string | undefined][] = [
    ['/title', title],
    ['/body', body],
    ['/url', url],
    ['/imageUrl', imageUrl],
    ...Object.entries(wechat?.values ?? {}).map(([name, text]): [string, string] => [`/wechat/values/${name}`, text]),
  ];
  return own.flatMap(([at, text]) => (text === undefined ? [] : [[at, text]]));
}

/** The nearest to what the customer's device speaks: `zh-Hant-TW` → zh-Hant, zh; else that of the default. */
export function messageFor(
  messages: Variant['messages'],
  locale: string | undefined,
  { defaultLocale }: Pick<Content, 'defaultLocale'>,
): Message | undefined {
  for (let wanted = locale; wanted; wanted = wanted.replace(/-?[^-]+$/, '')) {
    const found = Object.entries(messages).find(([name]) => name.toLowerCase() === wanted?.toLowerCase());
    if (found) return found[1];
  }
  return messages[defaultLocale];
}
