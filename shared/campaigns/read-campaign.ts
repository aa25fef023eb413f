/**
 * JSON → a campaign that can be meant, or all that is wrong with it, each with its place. Beyond the schema: segments are there, templates
 * are templates, schedules come, and what the law asks for is there (PIPL article 24, where the push policy says so).
 */
import type * as z from 'zod';
import { ABOUT_PRODUCTS, CampaignDefinition, type Message } from './campaign.ts';
import type { PushPolicy } from './push-policy.ts';
import { problemOfCron } from './schedule.ts';
import { checkMessage, type TemplateProblem } from './template.ts';

export interface CampaignContext {
  /** Ids of those that are not archived. */
  readonly segments: readonly string[];
  readonly policy: Pick<PushPolicy, 'law'>;
}

export type CampaignReading =
  | { readonly kind: 'campaign'; readonly definition: CampaignDefinition }
  | { readonly kind: 'refused'; readonly problems: readonly TemplateProblem[] };

export const LARGEST_CAMPAIGN_BYTES = 64 * 1024;
const PROBLEMS_MOST = 50;

export function readCampaign(json: unknown, context: CampaignContext): CampaignReading {
  if (Buffer.byteLength(JSON.stringify(json) ?? '') > LARGEST_CAMPAIGN_BYTES)
    return { kind: 'refused', problems: [{ at: '', message: `At most ${LARGEST_CAMPAIGN_BYTES} bytes.` }] };
  const read = CampaignDefinition.safeParse(json);
  const problems = read.success ? [...check(read.data, context)] : read.error.issues.map(problemOf);
  if (!read.success || problems.length > 0) return { kind: 'refused', problems: problems.slice(0, PROBLEMS_MOST) };
  return { kind: 'campaign', definition: read.data };
}

const problemOf = ({ path, message }: z.core.$ZodIssue): TemplateProblem => ({
  at: path.map((name) => `/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''),
  message,
});

function* check(definition: CampaignDefinition, context: CampaignContext): Generator<TemplateProblem> {
  const { trigger, content, startsAt, endsAt } = definition;
  yield* checkSegments(definition, context.segments);
  if (trigger.on === 'schedule') {
    const problem = problemOfCron(trigger.cron);
    if (problem !== undefined) yield { at: '/trigger/cron', message: problem };
    if (definition.audience.in.length === 0)
      yield { at: '/audience/in', message: 'a schedule sends to the members of a segment: name at least one' };
  }
  if (startsAt !== undefined && endsAt !== undefined && endsAt <= startsAt)
    yield { at: '/endsAt', message: 'it ends before it starts' };
  for (const [index, { messages }] of content.variants.entries()) {
    yield* checkMessages(messages, `/content/variants/${index}/messages`, content.defaultLocale);
    for (const [locale, message] of Object.entries(messages))
      yield* checkProducts(message, `/content/variants/${index}/messages/${locale}`, definition);
  }
  const { nonPersonalised } = content;
  if (nonPersonalised) {
    yield* checkMessages(nonPersonalised, '/content/nonPersonalised', content.defaultLocale);
    for (const [locale, message] of Object.entries(nonPersonalised))
      if (/\b(customer|items|product|offer)\b/.test(templatesOf(message)))
        yield {
          at: `/content/nonPersonalised/${locale}`,
          message: 'it names what is known of the customer: only {{ brand }} may be named here',
        };
  }
  if (context.policy.law === 'pipl') yield* checkLaw(definition);
}

function* checkSegments(
  { trigger, audience }: CampaignDefinition,
  known: readonly string[],
): Generator<TemplateProblem> {
  const named: [at: string, id: string][] = [
    ...audience.in.map((id, index): [string, string] => [`/audience/in/${index}`, id]),
    ...audience.notIn.map((id, index): [string, string] => [`/audience/notIn/${index}`, id]),
  ];
  if ('segment' in trigger) named.push(['/trigger/segment', trigger.segment]);
  for (const [at, id] of named) if (!known.includes(id)) yield { at, message: `there is no segment ${id}` };
}

function* checkMessages(
  messages: Readonly<Record<string, Message>>,
  at: string,
  defaultLocale: string,
): Generator<TemplateProblem> {
  if (!Object.hasOwn(messages, defaultLocale))
    yield { at, message: `there is none in the default locale, ${defaultLocale}` };
  for (const [locale, message] of Object.entries(messages))
    for (const problem of checkMessage(message)) yield { ...problem, at: `${at}/${locale}${problem.at}` };
}

/** What no customer would ever have: then each would be left out for want of it. */
function* checkProducts(
  message: Message,
  at: string,
  { trigger, content }: CampaignDefinition,
): Generator<TemplateProblem> {
  const templates = templatesOf(message);
  if (!content.recommended && /\bitems\b/.test(templates))
    yield { at, message: 'it names items: say how many in content.recommended' };
  // In `{% for product in items %}` it is another.
  const namesProduct = /\bproduct\s*[.[]/.test(templates) && !/\bfor\s+product\s+in\b/.test(templates);
  if (namesProduct && !ABOUT_PRODUCTS.has(trigger.on))
    yield { at, message: `it names a product, and ${trigger.on} is about none` };
}

const templatesOf = (message: Message): string =>
  JSON.stringify(message)
    .match(/\{[{%].*?[%}]\}/g)
    ?.join(' ') ?? '';

function* checkLaw({ purpose, content, offer }: CampaignDefinition): Generator<TemplateProblem> {
  if (purpose === 'marketing' && !content.nonPersonalised)
    yield {
      at: '/content/nonPersonalised',
      message: 'who refuses personalisation must be offered something else (PIPL, article 24)',
    };
  if (offer && !offer.signOff)
    yield {
      at: '/offer/signOff',
      message: 'an offer that depends on the tier has to be signed off (PIPL, article 24)',
    };
}
