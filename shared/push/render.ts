/** From a campaign and a customer to what each of their devices is sent. */
import type { Campaign, Variant } from '../campaigns/campaign.ts';
import { messageFor, renderMessage, type TemplateValues } from '../campaigns/template.ts';
import type { StoredProfile } from '../profiles/profile.ts';
import type { PushContent } from '../senders/sender.ts';
import { type Language, TIER_NAMES } from '../tiers/reasons.ts';
import { epochMs, type Instant, instant } from '../time/instant.ts';
import { type MessageProducts, showProduct } from './products.ts';

export interface Wording {
  readonly campaign: Campaign;
  readonly variant: Variant;
  readonly isPersonalised: boolean;
  readonly brand?: string;
  /** Shown where it is personalised. */
  readonly products?: MessageProducts;
  /** Key of the message, by which an app tells that it was opened; absent where none is sent. */
  readonly message?: string;
  readonly now: Instant;
}

const DAY_MS = 24 * 60 * 60 * 1000;
/** A message that a phone did not get in this time, being off, is not news any more. */
const LIFE_MS = DAY_MS;

/** Undefined: the content needs what is not known of this customer. */
export function contentFor(
  { campaign, variant, isPersonalised, brand, products, message: key, now }: Wording,
  profile: StoredProfile,
  locale: string | undefined,
): PushContent | undefined {
  const { content } = campaign;
  const messages = isPersonalised ? variant.messages : content.nonPersonalised;
  const message = messages && messageFor(messages, locale, content);
  if (!message) return undefined;
  const language: Language = (locale ?? content.defaultLocale).toLowerCase().startsWith('zh') ? 'zh' : 'en';
  const shown = { currency: profile.facts.currency, language };
  const values = isPersonalised
    ? { ...valuesOf(campaign, profile, language, now), ...productValues(products, shown) }
    : { customer: {}, items: [] };
  const rendered = renderMessage(message, { ...values, ...(brand !== undefined && { brand }) });
  if (rendered.kind === 'missing_value') return undefined;
  const { title, body, url, imageUrl, wechat } = rendered.message;
  return {
    title,
    body,
    ...(url !== undefined && { url }),
    ...(imageUrl !== undefined && { imageUrl }),
    data: { campaign: campaign.id, variant: variant.id, ...(key !== undefined && { message: key }) },
    // The newer message of a campaign stands for the one before.
    collapseKey: campaign.id,
    expiresAt: instant(epochMs(now) + LIFE_MS),
    ...(wechat && {
      template: { id: wechat.template, values: wechat.values, ...(url !== undefined && { page: url }) },
    }),
  };
}

const productValues = (
  products: MessageProducts | undefined,
  shown: Parameters<typeof showProduct>[1],
): Pick<TemplateValues, 'items' | 'product'> => ({
  items: products?.items.map((item) => showProduct(item, shown)) ?? [],
  ...(products?.about && { product: showProduct(products.about, shown) }),
});

function valuesOf(
  { offer }: Campaign,
  { tier, facts }: StoredProfile,
  language: Language,
  now: Instant,
): Omit<TemplateValues, 'items' | 'product'> {
  const own = offer?.byTier[tier.value];
  const { lastPaidAt } = facts;
  return {
    customer: {
      tier: TIER_NAMES[tier.value][language],
      ...(lastPaidAt !== undefined && {
        daysSinceLastOrder: Math.floor((epochMs(now) - Date.parse(lastPaidAt)) / DAY_MS),
      }),
    },
    ...(own !== undefined && { offer: own }),
  };
}
