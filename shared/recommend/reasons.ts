/** Why a product is recommended, as a code with values, and the words for it. */
import * as z from 'zod';

const days = z.number().int().nonnegative();

/** A reason with its values. Products and segments are ids: who shows them puts their names in. */
export const Reason = z.discriminatedUnion('code', [
  z.object({ code: z.literal('repurchase_due'), lastDays: days, cycleDays: days }),
  z.object({ code: z.literal('bought_before'), lastDays: days, times: z.number().int().positive() }),
  z.object({ code: z.literal('accessory_of'), of: z.string() }),
  z.object({ code: z.literal('upgrade_of'), of: z.string() }),
  z.object({ code: z.literal('viewed'), lastDays: days }),
  z.object({ code: z.literal('bought_together'), with: z.string() }),
  z.object({ code: z.literal('popular_in'), segment: z.string() }),
]);
export type Reason = z.infer<typeof Reason>;
export type ReasonCode = Reason['code'];
export type Language = 'zh' | 'en';

/** The two columns of the table → a reason; throws on what no build writes. */
export const readReason = (code: string, values: string): Reason => {
  const parsed: unknown = JSON.parse(values);
  return Reason.parse({ ...z.record(z.string(), z.unknown()).parse(parsed), code });
};

/** How ids are called in a sentence; ids themselves unless told. */
export interface Names {
  readonly product?: (product: string) => string;
  readonly segment?: (segment: string) => string;
}

export function sentence(reason: Reason, language: Language, names: Names = {}): string {
  const product = names.product ?? ((id) => id);
  const zh = language === 'zh';
  switch (reason.code) {
    case 'repurchase_due':
      return zh
        ? `你上次购买已 ${reason.lastDays} 天,通常 ${reason.cycleDays} 天回购`
        : `You last bought it ${counted(reason.lastDays)} ago, usually after ${reason.cycleDays}`;
    case 'bought_before':
      return zh
        ? `你买过 ${reason.times} 次,最近一次在 ${reason.lastDays} 天前`
        : `You bought it ${reason.times === 1 ? 'once' : `${reason.times} times`}, last ${counted(reason.lastDays)} ago`;
    case 'accessory_of':
      return zh ? `与你买过的 ${product(reason.of)} 配套` : `Goes with ${product(reason.of)}, which you bought`;
    case 'upgrade_of':
      return zh ? `你买过的 ${product(reason.of)} 的升级款` : `A step up from ${product(reason.of)}, which you bought`;
    case 'viewed':
      return zh ? `你 ${reason.lastDays} 天前浏览过` : `You looked at it ${counted(reason.lastDays)} ago`;
    case 'bought_together':
      return zh
        ? `买过 ${product(reason.with)} 的顾客也买`
        : `Customers who bought ${product(reason.with)} also buy this`;
    case 'popular_in':
      return popular(reason.segment, zh, names.segment);
  }
}

const counted = (count: number): string => `${count} ${count === 1 ? 'day' : 'days'}`;

function popular(segment: string, zh: boolean, name: Names['segment']): string {
  if (segment === 'all') return zh ? '近期热销' : 'Popular now';
  const called = name ? name(segment) : segment.slice(segment.indexOf(':') + 1);
  return zh ? `在 ${called} 顾客中热销` : `Popular now in ${called}`;
}
